// Runs a command with a Moim of its own, whose address and token are in MOIM_URL and MOIM_TOKEN.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { startMoim } from "../support/moim.mjs";

const [program, ...args] = process.argv.slice(2);
const token = randomBytes(16).toString("hex");
const moim = await startMoim({ dev: false, config: { direct: { token } } });
const env = { ...process.env, MOIM_URL: `http://127.0.0.1:${moim.port("http")}`, MOIM_TOKEN: token };
const child = spawn(program, args, { env, stdio: "inherit" });
const [code] = await once(child, "exit");
await moim.stop();
process.exitCode = code ?? 1;
