/** The connection, first in one sentence, then in numbers. */
import { createSignal, type JSX, Show } from "solid-js";
import type { CallStatus } from "../direct/status";
import { formatBitrate, formatNumber } from "../i18n/format";
import { language, t } from "../i18n/language";
import { Icon } from "../ui/icons";
import { ConnectionGraph } from "./connection_graph";
import type { History } from "./history";
import type { Path } from "./path";
import { reportText } from "./report";
import type { CandidateFacts, MediaFacts } from "./sample";
import { type Quality, verdictOn } from "./verdict";

export function ConnectionPanel(props: { history: History; status: CallStatus }) {
  const connected = (): boolean => props.status.state === "connected";
  // Numbers from before a break would be taken for the present.
  const now = () => (connected() ? props.history.measures.at(-1) : undefined);
  const last = () => (connected() ? props.history.last : undefined);
  const verdict = () => verdictOn(connected() ? props.history.measures : []);
  const path = (): Path => now()?.path ?? { kind: "unknown", relay: undefined, protocol: "" };
  const [copied, setCopied] = createSignal(false);

  const sentence = (): string => {
    if (props.status.state === "reconnecting") return t().connection.sentence.broken;
    const { quality } = verdict();
    return quality === "none" ? t().connection.sentence.none : t().connection.sentence[path().kind][quality];
  };
  const copy = async (): Promise<void> => {
    const context = {
      userAgent: navigator.userAgent,
      time: new Date().toISOString(),
      status: props.status.state,
    };
    try {
      await navigator.clipboard.writeText(reportText(props.history, context));
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      setCopied(false);
    }
  };

  return (
    <div class="connection">
      <p class="connection-sentence" data-testid="panel-sentence" data-quality={verdict().quality}>
        <QualityDots quality={verdict().quality} />
        <span>{sentence()}</span>
      </p>
      <Show when={verdict().complaint}>
        {(complaint) => <p class="quiet-text">{t().connection.complaint[complaint()]}</p>}
      </Show>
      <ConnectionGraph measures={props.history.measures} />
      <dl class="facts">
        <Fact label={t().connection.path}>
          <span data-testid="panel-path" data-path={path().kind} data-relay={path().relay}>
            {pathText(path())}
          </span>
        </Fact>
        <Value id="rtt" label={t().connection.rtt} value={now()?.rttMs} text={milliseconds} />
        <Fact label={t().connection.loss}>
          <span data-testid="panel-loss" data-value={now()?.lossInPercent ?? 0}>
            {percent(now()?.lossInPercent)} / {percent(now()?.lossOutPercent)}
          </span>
        </Fact>
        <Value id="jitter" label={t().connection.jitter} value={now()?.jitterMs} text={milliseconds} />
        <Value id="up" label={t().connection.up} value={now()?.upBitsPerSecond} text={bitrate} />
        <Value id="down" label={t().connection.down} value={now()?.downBitsPerSecond} text={bitrate} />
        <Fact label={t().connection.videoIn}>
          <span data-testid="panel-resolution" data-value={last()?.videoIn?.height ?? 0}>
            {mediaText(last()?.videoIn, now()?.framesPerSecond)}
          </span>
        </Fact>
        <Fact label={t().connection.videoOut}>
          <span data-testid="panel-sent">
            {mediaText(last()?.videoOut, last()?.videoOut?.framesPerSecond)}
          </span>
        </Fact>
        <Fact label={t().connection.audio}>
          {last()?.audioIn?.codec || last()?.audioOut?.codec || t().connection.none}
        </Fact>
      </dl>
      <details class="more-facts">
        <summary>{t().connection.details}</summary>
        <dl class="facts">
          <Fact label={t().connection.local}>
            <span data-testid="panel-local">{candidateText(last()?.local)}</span>
          </Fact>
          <Fact label={t().connection.remote}>
            <span data-testid="panel-remote">{candidateText(last()?.remote)}</span>
          </Fact>
          <Fact label={t().connection.encryption}>
            {[last()?.dtlsVersion, last()?.srtpCipher].filter(Boolean).join(" · ") || t().connection.none}
          </Fact>
        </dl>
      </details>
      <button type="button" class="button" data-testid="panel-report" onClick={() => void copy()}>
        <Icon name={copied() ? "check" : "copy"} />
        {copied() ? t().call.copied : t().connection.copy}
      </button>
    </div>
  );
}

function Fact(props: { label: string; children: JSX.Element }) {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Value(props: { id: string; label: string; value: number | undefined; text(value: number): string }) {
  return (
    <Fact label={props.label}>
      <span data-testid={`panel-${props.id}`} data-value={props.value ?? 0}>
        {props.value === undefined ? "–" : props.text(props.value)}
      </span>
    </Fact>
  );
}

/** One to three dots: the quality without colour alone. */
function QualityDots(props: { quality: Quality }) {
  return (
    <span class={`dots ${props.quality}`} aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}

function pathText(path: Path): string {
  if (path.kind !== "relay") return t().connection.pathName[path.kind];
  return path.relay ? t().connection.relayOver(path.relay.toUpperCase()) : t().connection.relayByOther;
}

function candidateText(candidate: CandidateFacts | undefined): string {
  if (!candidate) return "–";
  const relay = candidate.relayProtocol ? ` (${candidate.relayProtocol})` : "";
  return `${candidate.type}${relay} · ${candidate.protocol} · ${candidate.address || "…"}:${candidate.port}`;
}

function mediaText(media: MediaFacts | undefined, framesPerSecond: number | undefined): string {
  if (!media || media.width === 0) return t().connection.none;
  const rate = framesPerSecond === undefined ? "" : ` · ${formatNumber(framesPerSecond, language())} fps`;
  return `${media.codec} · ${media.width}×${media.height}${rate}`;
}

function milliseconds(value: number): string {
  return `${formatNumber(value, language(), value < 10 ? 1 : 0)} ms`;
}

function percent(value: number | undefined): string {
  return value === undefined ? "–" : `${formatNumber(value, language(), 1)} %`;
}

function bitrate(value: number): string {
  return formatBitrate(value, language());
}
