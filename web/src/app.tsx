/** The whole app: the page for the address, in the language of the person. */
import { lazy, Match, Suspense, Switch } from "solid-js";
import { ErrorPage } from "./pages/error_page";
import { route } from "./pages/navigation";
import { StartPage } from "./pages/start";
import { LiveRegions } from "./ui/announcer";

const RoomPage = lazy(() => import("./direct/page"));
const GroupPage = lazy(() => import("./group/page"));

export function App() {
  const roomOf = (page: "room" | "group"): string | undefined => {
    const now = route();
    return now.page === page ? now.room : undefined;
  };
  return (
    <>
      <Suspense>
        <Switch fallback={<ErrorPage error="notFound" />}>
          <Match when={route().page === "start"}>
            <StartPage />
          </Match>
          <Match when={roomOf("room")} keyed>
            {(name) => <RoomPage room={name} />}
          </Match>
          <Match when={roomOf("group")} keyed>
            {(name) => <GroupPage room={name} />}
          </Match>
        </Switch>
      </Suspense>
      <LiveRegions />
    </>
  );
}
