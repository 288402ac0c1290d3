/** The one state a person sees, from the facts. It never says more than is known. */

export type CallState = "waiting" | "connecting" | "connected" | "reconnecting" | "left" | "full";

export interface CallStatus {
  state: CallState;
  /** Clock time since when it is broken; only while reconnecting. */
  since: number | undefined;
  /** The door is out of reach while the call itself may go on. */
  doorLost: boolean;
}

export interface CallFacts {
  full: boolean;
  /** Registered at the door; `offlineSince` says since when not. */
  online: boolean;
  offlineSince: number | undefined;
  remote: "none" | "present" | "left";
  /** The connection to the other person. */
  connectedOnce: boolean;
  flowing: boolean;
  brokenSince: number | undefined;
}

export function statusOf(facts: CallFacts): CallStatus {
  const doorLost = !facts.online && facts.offlineSince !== undefined;
  const status = (state: CallState, since?: number): CallStatus => ({ state, since, doorLost });
  if (facts.full) return status("full");
  if (facts.remote === "present") {
    if (facts.flowing) return status("connected");
    if (facts.connectedOnce) return status("reconnecting", facts.brokenSince);
    return doorLost ? status("reconnecting", facts.offlineSince) : status("connecting");
  }
  if (doorLost) return status("reconnecting", facts.offlineSince);
  if (!facts.online) return status("connecting");
  return status(facts.remote === "left" ? "left" : "waiting");
}
