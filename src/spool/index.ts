// The disk spool: what a sink cannot take now, kept in segments.

export { describeSpool, spoolsIn } from './describe.js';
export { giveSpool } from './ownership.js';
export { rewriteTemplateIds } from './rewrite.js';
export { Spool, type SpoolChunk, type SpoolOptions } from './spool.js';
