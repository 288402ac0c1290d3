/** How a person's microphone is, as others see it; `none`: there is none, or it may not be used. */
export type Microphone = "on" | "muted" | "none";
