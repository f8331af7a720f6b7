/** Prints the digests of the layers that siblings share, as this process makes them for the subtask it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Assignment } from '../../../../../ipc/index.ts';
import { createPrompt } from '../../../../../worker/agent/prompt/build-request.ts';
import { promptLayers } from '../../../../../worker/agent/prompt/layers.ts';
import { sharedLayers } from '../../../../../worker/agent/prompt/shared-layers.ts';
import { createTools } from '../../../../../worker/agent/tools/create-tools.ts';
import { createSendMessageTool } from '../../../../../worker/agent/tools/send-message-tool.ts';

const assignment: Assignment = JSON.parse(workerData ?? process.argv[2]);
const { subtask, runFolder } = assignment;
const tools = createTools({ root: process.cwd(), environment: { ...subtask.environment }, writes: subtask.writes });
const all = [...tools, createSendMessageTool(async () => ({ sent: true }))].map(({ definition }) => definition);
const prompt = createPrompt(all, promptLayers(assignment, `Work on ${subtask.id} in ${runFolder}`));
const { system, run } = sharedLayers(prompt.request([prompt.opening()]));
const told = JSON.stringify({ system: system.text, run: run?.text, platform: process.platform });
if (parentPort === null) process.stdout.write(told);
else parentPort.postMessage(told);
