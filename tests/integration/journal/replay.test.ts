import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJournal } from '../../../ipc/index.ts';
import { type FanfoldEvent, planSchema, type RunState, reduceEvents } from '../../../tasks/index.ts';

const root = join(import.meta.dirname, '../../fixtures/journals');

/** A run's state as JSON tells it. */
type StoredState = Record<string, unknown> & { subtasks: Record<string, Record<string, unknown>> };

/** Fields that later versions gave the state, with the value that journals of this version lead to. */
interface Additions {
  run: Record<string, unknown>;
  subtask: Record<string, unknown>;
}

interface Fixture {
  version: string;
  name: string;
}

const fixtures: Fixture[] = foldersIn(root).flatMap((version) =>
  foldersIn(join(root, version)).map((name) => ({ version, name })),
);

function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function readStored<Value>(...path: string[]): Value {
  return JSON.parse(readFileSync(join(root, ...path), 'utf8'));
}

async function eventsOf({ version, name }: Fixture): Promise<FanfoldEvent[]> {
  const events: FanfoldEvent[] = [];
  for await (const event of readJournal(join(root, version, name, 'journal.jsonl'))) events.push(event);
  return events;
}

function asStored(state: RunState): StoredState {
  return JSON.parse(JSON.stringify(state, (_, value) => (value instanceof Set ? [...value] : value)));
}

/** What was stored, as a version with these additions would have stored it. */
function withAdditions(stored: StoredState, { run, subtask }: Additions): StoredState {
  const subtasks = Object.entries(stored.subtasks).map(([id, state]) => [id, { ...subtask, ...state }]);
  return { ...run, ...stored, subtasks: Object.fromEntries(subtasks) };
}

it('there are journals of the first version, of every kind of run', () => {
  expect(fixtures.filter(({ version }) => version === '0.1.0').map(({ name }) => name)).toEqual([
    'agents',
    'bisected-batch',
    'codemods-and-gates',
    'conflict',
    'interrupted',
    'killed',
    'outside-git',
  ]);
});

describe.each(fixtures)('the journal $version/$name', (fixture) => {
  it('leads to the state that it led to in its own version', async () => {
    const stored = readStored<StoredState>(fixture.version, fixture.name, 'state.json');
    const additions = readStored<Additions>(fixture.version, 'additions.json');
    const state = asStored(reduceEvents(await eventsOf(fixture)));
    expect(state).toEqual(withAdditions(stored, additions));
  });

  it('holds a plan that is still one', async () => {
    const plans = (await eventsOf(fixture)).flatMap((event) => (event.type === 'plan-end' ? [event.plan] : []));
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) expect(planSchema.parse(plan)).toEqual(plan);
  });
});
