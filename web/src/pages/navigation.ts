/** Moving between pages without loading the app again. */
import { createRoot, createSignal } from "solid-js";
import { type Route, routeOf } from "./route";

const [route, setRoute] = createRoot(() => createSignal<Route>(routeOf(location.pathname)));

export { route };

export function goTo(path: string): void {
  history.pushState(null, "", path);
  setRoute(routeOf(location.pathname));
  window.scrollTo(0, 0);
}

export function startNavigation(): void {
  window.addEventListener("popstate", () => setRoute(routeOf(location.pathname)));
}
