/** The picture of the start page: two people, one straight line. Colours come from the tokens. */
import { t } from "../i18n/language";

export function Illustration() {
  return (
    <svg class="illustration" viewBox="0 0 520 400" role="img" aria-label={t().start.illustration}>
      <rect class="ill-tile-a" x="24" y="28" width="292" height="196" rx="22" />
      <circle class="ill-head-a" cx="170" cy="108" r="34" />
      <path class="ill-body-a" d="M98 224c0-42 32-70 72-70s72 28 72 70Z" />
      <rect class="ill-tile-b" x="204" y="176" width="292" height="196" rx="22" />
      <circle class="ill-head-b" cx="350" cy="256" r="34" />
      <path class="ill-body-b" d="M278 372c0-42 32-70 72-70s72 28 72 70Z" />
      <path class="ill-line" d="M170 108 350 256" />
      <circle class="ill-dot" cx="170" cy="108" r="7" />
      <circle class="ill-dot" cx="350" cy="256" r="7" />
      <rect class="ill-chip" x="44" y="188" width="58" height="20" rx="10" />
      <rect class="ill-chip-b" x="224" y="336" width="76" height="20" rx="10" />
    </svg>
  );
}
