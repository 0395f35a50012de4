import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: process.env.CORDON_WEB_OUT ?? "dist",
    emptyOutDir: true,
    // Browsers of today load modules ahead themselves; the substitute for others would be one script more.
    modulePreload: { polyfill: false },
    // What is shipped in `cordon` carries its authors' notices.
    license: { fileName: "licenses.txt" },
    chunkSizeWarningLimit: 2000,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
