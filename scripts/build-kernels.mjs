import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Compiles src/ltx/kernels/assembly to WebAssembly and writes it as a TypeScript module, base64 in a string: the
 * codec reads no files, and the compiler and the bundle take it like any other module.
 */
const root = new URL('../', import.meta.url);
const sources = new URL('src/ltx/kernels/assembly/', root);
const target = new URL('src/ltx/kernels/binary.generated.ts', root);
const wasmFolder = new URL('dist/kernels/', root);

const modifiedMs = (url) => statSync(url, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const inputs = [...readdirSync(sources).map((name) => new URL(name, sources)), new URL(import.meta.url)];
const newestInputMs = Math.max(...inputs.map(modifiedMs), modifiedMs(new URL('package-lock.json', root)));

if (modifiedMs(target) <= newestInputMs) await build();

async function build() {
  // Imported only when needed: the compiler alone takes most of a second to load.
  const { default: asc } = await import('assemblyscript/asc');
  mkdirSync(wasmFolder, { recursive: true });
  const wasmPath = fileURLToPath(new URL('kernels.wasm', wasmFolder));
  const { error, stderr } = await asc.main([
    ...[fileURLToPath(new URL('index.ts', sources)), '--outFile', wasmPath],
    ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
    ...['--zeroFilledMemory', '--use', 'abort='],
  ]);
  if (error) throw new Error(`the kernels do not compile\n${stderr}`, { cause: error });
  const base64 = readFileSync(wasmPath).toString('base64');
  // Renamed into place: a test run beside the build never sees half a module.
  const unfinished = `${fileURLToPath(target)}.${process.pid}`;
  writeFileSync(
    unfinished,
    `/** The compiled kernels, base64. */\nexport const KERNELS_WASM_BASE64 =\n  '${base64}';\n`,
  );
  renameSync(unfinished, target);
}
