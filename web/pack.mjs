// Makes of DIRECTORY/dist what `cordon` takes in: beside each file its brotli and gzip forms, and
// DIRECTORY/web_files.cc, the list of them (src/console_web/web_file.h). The compiler sees names and
// sizes only; the assembler takes the bytes in, for a C++ compiler chokes on megabytes of numbers.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};
const PRECOMPRESSED = /\.(br|gz)$/;

function filesBelow(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function typeOf(path) {
  const type = TYPES[path.split(".").pop()];
  if (!type) throw new Error(`pack.mjs does not know the type of ${path}`);
  return type;
}

// The compressed form beside the file; nothing where it is no smaller.
function compressed(path, bytes, suffix, compress) {
  const small = compress(bytes);
  if (small.length >= bytes.length) return undefined;
  writeFileSync(path + suffix, small);
  return { path: path + suffix, size: small.length };
}

function formsOf(path) {
  const bytes = readFileSync(path);
  return {
    digest: createHash("sha256").update(bytes).digest("hex").slice(0, 32),
    forms: [
      { path, size: bytes.length },
      compressed(path, bytes, ".br", (b) =>
        brotliCompressSync(b, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: b.length } })),
      compressed(path, bytes, ".gz", (b) => gzipSync(b, { level: 9 })),
    ],
  };
}

function source(dist, files) {
  const statements = [];
  const declarations = [];
  const rows = files.map((file, at) => {
    const views = file.forms.map((form, which) => {
      if (!form) return "{}";
      const label = `cordon_web_${at}_${which}`;
      statements.push(`${label}:\n.incbin ${JSON.stringify(form.path)}`);
      declarations.push(`extern "C" [[gnu::visibility("hidden")]] const char ${label}[];`);
      return `{${label}, ${form.size}}`;
    });
    const path = JSON.stringify("/" + relative(dist, file.path));
    return `    {${path}, ${JSON.stringify(typeOf(file.path))}, "${file.digest}", ${views.join(", ")}},`;
  });
  return `// Made by web/pack.mjs.
#include "console_web/web_file.h"

asm(R"(
.pushsection .rodata
${statements.join("\n")}
.popsection
)");
${declarations.join("\n")}

namespace cordon {
namespace {

constexpr WebFile kFiles[] = {
${rows.join("\n")}
};

}  // namespace

std::span<const WebFile> web_files() { return kFiles; }

}  // namespace cordon
`;
}

const directory = process.argv[2];
const dist = join(directory, "dist");
for (const old of filesBelow(dist).filter((path) => PRECOMPRESSED.test(path))) rmSync(old);
const files = filesBelow(dist).map((path) => ({ path, ...formsOf(path) }));
writeFileSync(join(directory, "web_files.cc"), source(dist, files));
