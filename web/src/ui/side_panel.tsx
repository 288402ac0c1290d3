/** A panel beside the pictures (below them on a phone). It never covers them, and never takes the focus by itself. */
import type { JSX } from "solid-js";
import { t } from "../i18n/language";
import { Icon } from "./icons";

export function SidePanel(props: { id: string; title: string; close(): void; children: JSX.Element }) {
  return (
    <aside class="panel" data-testid={`panel-${props.id}`} aria-label={props.title}>
      <header class="panel-head">
        <h2>{props.title}</h2>
        <button
          type="button"
          class="round quiet"
          data-testid="panel-close"
          aria-label={t().call.close}
          title={t().call.close}
          onClick={() => props.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="panel-body">{props.children}</div>
    </aside>
  );
}
