import { render } from "solid-js/web";
import { App } from "./app";
import "./design/tokens.css";
import "./design/base.css";
import "./design/controls.css";
import "./design/pages.css";
import "./design/call.css";
import "./design/panels.css";
import "./design/group.css";
import { startLanguage } from "./i18n/language";
import { startNavigation } from "./pages/navigation";

startLanguage(localStorage, navigator.languages);
startNavigation();
const root = document.getElementById("app");
if (root) render(() => <App />, root);
