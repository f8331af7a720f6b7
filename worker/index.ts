/** The door to the worker: what the command line composes with. The thread's own entry is main.ts. */
export type { AgentEvent, AgentResult, AgentSetup } from './agent/agent.ts';
export type {
  ContentBlock,
  Message,
  Model,
  ModelLimits,
  ModelRequest,
  ModelTurn,
  StreamOptions,
  ToolDefinition,
} from './agent/model/model.ts';
export { builtInModels, findModel } from './agent/model/model-table.ts';
export { checkThinkingBudget } from './agent/model/request-settings.ts';
export { compileOutputSchema } from './agent/output/output-schema.ts';
export type { Tool, ToolResult } from './agent/tools/tool.ts';
export { type CheckContext, type CheckDefinition, type CheckVerdict, defineCheck } from './checks/define-check.ts';
export { readCheckModule } from './checks/read-check-module.ts';
export { checkRules } from './executors/check-rules.ts';
export type { Agent, AgentOptions, AgentRunOptions, AgentRunResult } from './library/agent-options.ts';
export { createAgent, runAgent } from './library/create-agent.ts';
export { defineTool, type OwnTool } from './library/define-tool.ts';
export { anthropicModel } from './library/open-model.ts';
export { runCommand } from './processes/run-command.ts';
export { beginRecording, checkRecording, checkRecordTarget, tidyRecording, unusedTurns } from './recordings.ts';
export { diskFiles } from './workspace/disk-files.ts';
