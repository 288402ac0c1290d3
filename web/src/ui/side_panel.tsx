/** A panel beside the pictures (below them on a phone). It never covers them, and never takes the focus by itself. */
import type { JSX } from "solid-js";
import { t } from "../i18n/language";
import { RoundButton } from "./round_button";

export function SidePanel(props: { id: string; title: string; close(): void; children: JSX.Element }) {
  return (
    <aside class="panel" data-testid={`panel-${props.id}`} aria-label={props.title}>
      <header class="panel-head">
        <h2>{props.title}</h2>
        <RoundButton
          id="panel-close"
          icon="close"
          label={t().call.close}
          look="quiet"
          press={() => props.close()}
        />
      </header>
      <div class="panel-body">{props.children}</div>
    </aside>
  );
}
