declare module '*.txt' {
  const text: string;
  export default text;
}

/** Language -> address and integrity of its catalogue, written in by the build. */
declare const CATALOGUES: Record<string, { path: string; integrity: string }>;
