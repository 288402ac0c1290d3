/** Why a camera, a microphone or a screen could not be had, in kinds that a person can do something about. */
export type CaptureProblem = "denied" | "missing" | "busy" | "insecure" | "gone" | "failed";

export function problemOf(error: unknown): CaptureProblem {
  switch (error instanceof Error || error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "PermissionDeniedError":
      return "denied";
    case "SecurityError":
      return "insecure";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}
