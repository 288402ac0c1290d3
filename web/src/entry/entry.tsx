/** The way into a room, whichever kind: asks the door for a place, then pre-join, inside, or what is wrong; and back out. */
import "webrtc-adapter";
import { createSignal, type JSX, Match, onCleanup, onMount, Switch } from "solid-js";
import { t } from "../i18n/language";
import { LocalMedia } from "../media/local_media";
import { choices } from "../media/remembered";
import { ErrorPage, type PageError } from "../pages/error_page";
import { inviteOf } from "../pages/route";
import type { JoinProblem, JoinResult, Place } from "../signaling/door";
import { TopBar } from "../ui/top_bar";
import { KeyForm } from "./key_form";
import { PreJoin } from "./prejoin";
import { loadPlace, type SavedPlace, savePlace } from "./saved_place";

type Step =
  /** `returning`: straight back into a running call, without the pre-join page in between. */
  | { step: "asking"; returning: boolean }
  /** `typed`: the key that was not good came from the form, not with the link. */
  | { step: "key"; problem: JoinProblem; typed: boolean }
  | { step: "prejoin"; left: boolean }
  /** `place` is the one it began with: a renewed one does not begin the call again. */
  | { step: "inside"; place: Place }
  | { step: "error"; error: PageError };

/** What the page inside the room is given. */
export interface Inside {
  place: Place;
  currentPlace(): Place;
  media: LocalMedia;
  /** A fresh token for the running call; the invite, or the server's openness, is what entitles to it. */
  renew(): Promise<"renewed" | "later" | "never">;
  left(): void;
  failed(error: PageError): void;
}

export interface EntryProps {
  room: string;
  /** The name under which this tab keeps its place for a reload. */
  slot: string;
  /** Asks the door. `saved` is who this tab was in this room before. */
  ask(key: string, saved: SavedPlace | undefined): Promise<JoinResult>;
  /** The address of the room with this invite, beside the origin. */
  link(invite: string): string;
  inside(given: Inside): JSX.Element;
}

const KEY_PROBLEMS: readonly JoinProblem[] = ["keyNeeded", "keyWrong", "keyExpired"];

export function RoomEntry(props: EntryProps) {
  const { room, slot } = props;
  const media = new LocalMedia(navigator.mediaDevices);
  const saved = (): SavedPlace | undefined => loadPlace(sessionStorage, slot);
  const asking = (): Step => ({ step: "asking", returning: saved()?.inCall ?? false });
  const [step, setStep] = createSignal<Step>(asking());
  const [place, setPlace] = createSignal<Place>();
  onCleanup(() => media.stop());

  const remember = ({ peerId, invite, token }: Place, inCall: boolean): void =>
    savePlace(sessionStorage, slot, { peerId, invite, token, inCall });

  const ask = async (key: string): Promise<JoinProblem | undefined> => {
    const before = saved();
    const result = await props.ask(key, before);
    if (!result.ok) return result.problem;
    setPlace(result.place);
    remember(result.place, before?.inCall ?? false);
    history.replaceState(null, "", props.link(result.place.invite));
    return undefined;
  };

  const open = async (key: string, typed: boolean): Promise<void> => {
    const problem = await ask(key);
    if (problem) return show(problem, typed);
    if (!saved()?.inCall) return void setStep({ step: "prejoin", left: false });
    await reopenDevices(media);
    enter();
  };

  const show = (problem: JoinProblem, typed: boolean): void => {
    if (KEY_PROBLEMS.includes(problem)) setStep({ step: "key", problem, typed });
    else setStep({ step: "error", error: problem as PageError });
  };

  const renew = async (): Promise<"renewed" | "later" | "never"> => {
    const problem = await ask(place()?.invite ?? "");
    if (!problem) return "renewed";
    return KEY_PROBLEMS.includes(problem) ? "never" : "later";
  };

  const enter = (): void => {
    const given = place();
    if (!given) return;
    remember(given, true);
    setStep({ step: "inside", place: given });
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
    setStep(asking());
    void open(inviteOf(location.hash) || (saved()?.invite ?? ""), false);
  };
  onMount(begin);

  const keyStep = () => {
    const now = step();
    return now.step === "key" ? now : undefined;
  };
  const error = (): PageError | undefined => {
    const now = step();
    return now.step === "error" ? now.error : undefined;
  };
  const inside = (): Place | undefined => {
    const now = step();
    return now.step === "inside" ? now.place : undefined;
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
      <Match when={keyStep()}>
        {(now) => (
          <KeyForm problem={now().problem} typed={now().typed} submit={(key) => void open(key, true)} />
        )}
      </Match>
      <Match when={error()}>{(kind) => <ErrorPage error={kind()} retry={begin} />}</Match>
      <Match when={inside()} keyed>
        {(given) =>
          props.inside({
            place: given,
            currentPlace: () => place() ?? given,
            media,
            renew,
            left: leave,
            failed: fail,
          })
        }
      </Match>
    </Switch>
  );
}

/** After a reload: the same devices as before, without asking; if that fails the call goes on without them. */
async function reopenDevices(media: LocalMedia): Promise<void> {
  const { microphone, camera, microphoneId, cameraId } = choices();
  if (microphone && camera) return media.openBoth(microphoneId, cameraId);
  if (microphone) await media.open("microphone", microphoneId);
  if (camera) await media.open("camera", cameraId);
}
