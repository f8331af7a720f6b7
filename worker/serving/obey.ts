import type { Control } from '../../ipc/index.ts';

/** What orders do to a worker. Those that are meant for a coordinator are not among them. */
export interface ControlHandlers {
  /** One subtask, up to an attempt, or everything. */
  onCancel(order: { reason: string; subtask?: string | undefined; attempt?: number | undefined }): void;
  onPause(): void;
  onContinue(): void;
  onShutDown(): void;
  /** Every worker of a process gets it; the request names the one that asked. */
  onPermissionAnswer(answer: Control & { action: 'permission-answer' }): void;
}

/** Called by serve.ts for every order, whether it came by message port or through the process's control box. */
export function obey(control: Control, handlers: ControlHandlers): void {
  if (control.action === 'cancel') handlers.onCancel(control);
  else if (control.action === 'pause') handlers.onPause();
  else if (control.action === 'continue') handlers.onContinue();
  else if (control.action === 'shut-down') handlers.onShutDown();
  else if (control.action === 'permission-answer') handlers.onPermissionAnswer(control);
}
