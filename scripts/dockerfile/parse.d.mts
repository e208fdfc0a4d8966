/** One instruction of a Dockerfile; what else it holds depends on its keyword. */
export interface Step {
  readonly keyword: string;
  readonly text: string;
  readonly [field: string]: unknown;
}

export interface Stage {
  readonly image: string;
  readonly name: string | null;
  readonly steps: readonly Step[];
}

/** How an image is to be run. */
export interface ImageConfig {
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly ports: readonly number[];
  readonly healthcheck: { readonly argv: readonly string[] } | null;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

export function parseDockerfile(text: string): [Stage, ...Stage[]];
export function configOf(stage: Stage): ImageConfig;
