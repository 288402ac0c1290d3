/** One room, from its link to the call and back: asks the door for a place, then pre-join, call, or what is wrong. */
import "webrtc-adapter";
import { createSignal, Match, onCleanup, onMount, Switch } from "solid-js";
import { t } from "../i18n/language";
import { LocalMedia } from "../media/local_media";
import { choices } from "../media/remembered";
import { type JoinProblem, type JoinRequest, join, type Place } from "../signaling/door";
import { TopBar } from "../ui/top_bar";
import { CallPage } from "./call";
import { ErrorPage, type PageError } from "./error_page";
import { KeyForm } from "./key_form";
import { PreJoin } from "./prejoin";
import { inviteOf, roomLink } from "./route";
import { loadPlace, savePlace } from "./saved_place";

type Step =
  /** `returning`: straight back into a running call, without the pre-join page in between. */
  | { step: "asking"; returning: boolean }
  | { step: "key"; problem: JoinProblem }
  | { step: "prejoin"; left: boolean }
  | { step: "call" }
  | { step: "error"; error: PageError };

const KEY_PROBLEMS: readonly JoinProblem[] = ["keyNeeded", "keyWrong", "keyExpired"];

export default function RoomPage(props: { room: string }) {
  const room = props.room;
  const media = new LocalMedia(navigator.mediaDevices);
  const [step, setStep] = createSignal<Step>(asking(room));
  const [place, setPlace] = createSignal<Place>();
  onCleanup(() => media.stop());

  const remember = (given: Place, inCall: boolean): void =>
    savePlace(sessionStorage, room, {
      peerId: given.peerId,
      invite: given.invite,
      token: given.token,
      inCall,
    });

  const ask = async (key: string): Promise<JoinProblem | undefined> => {
    const saved = loadPlace(sessionStorage, room);
    const request: JoinRequest = { room };
    if (saved) request.peerId = saved.peerId;
    if (saved && saved.token !== "") request.token = saved.token;
    if (key !== "") request.key = key;
    const result = await join(request, (url, init) => fetch(url, init));
    if (!result.ok) return result.problem;
    setPlace(result.place);
    remember(result.place, saved?.inCall ?? false);
    history.replaceState(null, "", roomLink("", room, result.place.invite));
    return undefined;
  };

  const open = async (key: string): Promise<void> => {
    const problem = await ask(key);
    if (problem) return show(problem);
    const inCall = loadPlace(sessionStorage, room)?.inCall ?? false;
    if (inCall) await reopenDevices();
    setStep(inCall ? { step: "call" } : { step: "prejoin", left: false });
  };

  const show = (problem: JoinProblem): void => {
    if (KEY_PROBLEMS.includes(problem)) setStep({ step: "key", problem });
    else setStep({ step: "error", error: problem as PageError });
  };

  /** After a reload: the same devices as before, without asking; if that fails the call goes on without them. */
  const reopenDevices = async (): Promise<void> => {
    const { microphone, camera, microphoneId, cameraId } = choices();
    if (microphone && camera) return media.openBoth(microphoneId, cameraId);
    if (microphone) await media.open("microphone", microphoneId);
    if (camera) await media.open("camera", cameraId);
  };

  /** A fresh token for the running call; the invite, or the server's openness, is what entitles to it. */
  const renew = async (): Promise<"renewed" | "later" | "never"> => {
    const problem = await ask(place()?.invite ?? "");
    if (!problem) return "renewed";
    return KEY_PROBLEMS.includes(problem) ? "never" : "later";
  };

  const enter = (): void => {
    const given = place();
    if (given) remember(given, true);
    setStep({ step: "call" });
  };

  const leave = (): void => {
    const given = place();
    if (given) remember(given, false);
    setStep({ step: "prejoin", left: true });
  };

  /** Trying again goes straight back into the call; until then camera and microphone rest. */
  const fail = (error: PageError): void => {
    media.close("camera");
    media.close("microphone");
    setStep({ step: "error", error });
  };

  const begin = (): void => {
    setStep(asking(room));
    void open(inviteOf(location.hash) || (loadPlace(sessionStorage, room)?.invite ?? ""));
  };
  onMount(begin);

  const keyProblem = (): JoinProblem | undefined => {
    const now = step();
    return now.step === "key" ? now.problem : undefined;
  };
  const error = (): PageError | undefined => {
    const now = step();
    return now.step === "error" ? now.error : undefined;
  };
  const returning = (): boolean => {
    const now = step();
    return now.step === "asking" && now.returning;
  };
  const left = (): boolean => {
    const now = step();
    return now.step === "prejoin" && now.left;
  };

  return (
    <Switch
      fallback={
        <PreJoin room={room} media={media} asking={step().step === "asking"} left={left()} join={enter} />
      }
    >
      <Match when={returning()}>
        <div class="page">
          <TopBar />
          <main class="message-main" data-testid="returning">
            <p class="lead" role="status">
              {t().prejoin.looking}
            </p>
          </main>
        </div>
      </Match>
      <Match when={keyProblem()}>
        {(problem) => <KeyForm problem={problem()} submit={(key) => void open(key)} />}
      </Match>
      <Match when={error()}>{(kind) => <ErrorPage error={kind()} retry={begin} />}</Match>
      <Match when={step().step === "call" && place()} keyed>
        {(given) => (
          <CallPage
            place={given}
            currentPlace={() => place() ?? given}
            media={media}
            renew={renew}
            left={leave}
            failed={fail}
          />
        )}
      </Match>
    </Switch>
  );
}

function asking(room: string): Step {
  return { step: "asking", returning: loadPlace(sessionStorage, room)?.inCall ?? false };
}
