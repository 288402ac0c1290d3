import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

/** The door that the development server of the app talks to: `moim serve --dev`. */
const door = process.env["MOIM_DOOR"] ?? "http://127.0.0.1:7880";

export default defineConfig({
  plugins: [solid()],
  build: {
    target: "es2022",
    // A strict content security policy refuses inline scripts; small assets stay files, too.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // LiveKit's client has a budget of its own: build/budget.mjs.
    chunkSizeWarningLimit: 650,
  },
  server: {
    proxy: {
      "/direct": { target: door, ws: true },
      "/livekit": { target: door },
      "/rtc": { target: door, ws: true },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"], testTimeout: 20_000 },
});
