import "@cloudscape-design/global-styles/index.css";
import "./main.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app";
import { followLinks } from "./router";

followLinks(document);
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
