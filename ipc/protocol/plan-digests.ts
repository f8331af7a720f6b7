/**
 * What a worker knows of its run's plan, to tell what the coordinator hands out from what somebody else put into the
 * mailbox: an agent that may run `cp` and nothing else must not come to run any command. Made by whoever starts workers,
 * from the plan itself or from the journal; asked before anything of a question is done. It says nothing of whether the
 * plan is to be trusted.
 */
import { hash } from 'node:crypto';
import { type AgentDefinition, helperDepth, type Plan } from '../../tasks/index.ts';
import { runVariable } from '../processes/run-marks.ts';

export interface PlanDigests {
  /** By id. */
  subtasks: ReadonlyMap<string, string>;
  /** Of checks, with the digests of the variables that each may be given: those of the run's gates, or of a subtask. */
  checks: ReadonlyMap<string, ReadonlySet<string>>;
  /** Those that agents and helpers can have, whole. */
  agents: readonly AgentDefinition[];
  /** How deep helpers can go; 0 where there are none. */
  helperDepth: number;
}

export function digestPlan(plan: Plan): PlanDigests {
  const checks = new Map<string, Set<string>>();
  // Subtasks share those of the file.
  const digests = new Map<object, string>();
  for (const place of [plan, ...plan.subtasks]) {
    if (place.checks.length === 0) continue;
    const variables = digestOf(asPlanned(place).environment);
    for (const check of place.checks) {
      const digest = digests.get(check) ?? digestOf(check);
      digests.set(check, digest);
      const known = checks.get(digest);
      if (known === undefined) checks.set(digest, new Set([variables]));
      else known.add(variables);
    }
  }
  return {
    subtasks: new Map(plan.subtasks.map((subtask) => [subtask.id, digestOf(asPlanned(subtask))])),
    checks,
    agents: plan.agents ?? [],
    helperDepth: helperDepth(plan),
  };
}

/** Why an assignment, as it was in its envelope, is none of the plan's. */
export function unplannedAssignment({ subtask }: WithSubtask, { subtasks }: PlanDigests): string | undefined {
  return subtasks.get(subtask.id) === digestOf(asPlanned(subtask))
    ? undefined
    : `its subtask ${subtask.id} is not the one that the run's plan has by that name`;
}

/** The same for a gate request. */
export function unplannedGate(request: WithChecks, { checks }: PlanDigests): string | undefined {
  const variables = digestOf(asPlanned(request).environment);
  for (const check of request.checks) {
    const allowed = checks.get(digestOf(check));
    if (allowed === undefined) return `the run's plan has no such check ${check.name}`;
    if (!allowed.has(variables)) return `its variables are not those that the plan has for the check ${check.name}`;
  }
  return undefined;
}

interface WithEnvironment {
  environment: Readonly<Record<string, string>>;
}

interface WithSubtask {
  subtask: WithEnvironment & { id: string };
}

interface WithChecks extends WithEnvironment {
  checks: readonly { name: string }[];
}

/** Without the variable that the coordinator adds. */
function asPlanned<Value extends WithEnvironment>(value: Value): Value {
  const { [runVariable]: _, ...environment } = value.environment;
  return { ...value, environment };
}

/** Of what was JSON, or will be: keys stand in the order in which the plan has them. */
function digestOf(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'base64');
}
