/** The link to a room, to read and to copy. */
import { t } from "../i18n/language";
import { Icon } from "../ui/icons";

export function InviteLink(props: { link: string; copied: boolean; copy(): void }) {
  return (
    <div class="invite">
      <input
        class="input"
        data-testid="invite-link"
        readonly
        value={props.link}
        aria-label={t().call.linkLabel}
        onFocus={(event) => event.currentTarget.select()}
      />
      <button type="button" class="button primary" data-testid="invite-copy" onClick={() => props.copy()}>
        <Icon name={props.copied ? "check" : "copy"} />
        {props.copied ? t().call.copied : t().call.copyLink}
      </button>
    </div>
  );
}
