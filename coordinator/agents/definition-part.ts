import type { AgentDefinition } from '../../tasks/index.ts';

/** What a part of the frontmatter says, and what of it was left out; or why nothing can be made of it. */
export type DefinitionPart = { fields: Partial<AgentDefinition>; warnings?: string[] } | { problem: string };
