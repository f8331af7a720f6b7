/** `fanfold mailbox`: what is in a run's mailbox, and what a person can do about what was given up. */
import { writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFileMailbox } from '../../ipc/mailbox/file/file-mailbox.ts';
import type { Mailbox } from '../../ipc/mailbox/mailbox.ts';
import { message } from '../contract/mailbox/mailbox-contract.ts';
import { folderLeftovers, leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

/** One message of each state in the box `work`. */
async function fill(folder: string): Promise<void> {
  await using mailbox = createFileMailbox({ folder, durable: false });
  await mailbox.open('work');
  for (const id of ['done-1', 'rejected-1', 'claimed-1', 'new-1']) await mailbox.publish('work', message(id));
  await mailbox.publish('work', message('delayed-1'), { delayMs: 3_600_000 });
  await mailbox.complete(await claim(mailbox));
  await mailbox.fail(await claim(mailbox), { retry: false, reason: 'it made \u001b[31mno\u001b[0m sense' });
  await claim(mailbox);
}

async function claim(mailbox: Mailbox) {
  return (await mailbox.claim('work', 'worker-1')) ?? expect.fail('nothing to claim');
}

async function mailFolder(folder: string): Promise<string> {
  const runs = join(folder, '.fanfold', 'runs');
  const [run = ''] = await readdir(runs);
  return join(runs, run, 'mailbox');
}

function mailboxCommand(folder: string, ...args: string[]) {
  return runFanfold(['mailbox', ...args], { folder });
}

test('ls shows the figures of the boxes and what is not done', async () => {
  const folder = temporaryFolder();
  await fill(join(folder, 'mail'));
  const listed = await mailboxCommand(folder, 'ls', '--mailbox', 'mail');
  expect(listed.stderr).toBe('');
  expect(listed.exitCode).toBe(0);
  expect(listed.stdout).toMatch(/^BOX +CLAIMED +NEW +DELAYED +DEAD +DONE\nwork +1 +1 +1 +1 +1$/m);
  expect(listed.stdout).toMatch(/^work +claimed +claimed-1 +\d+s +1 +\d+ +worker-1, heartbeat \d+s ago$/m);
  expect(listed.stdout).toMatch(/^work +dead +rejected-1 /m);
  expect(listed.stdout).not.toContain('done-1');
  expect((await mailboxCommand(folder, 'ls', '--mailbox', 'mail', '--all')).stdout).toMatch(/^work +done +done-1 /m);
  const json = JSON.parse((await mailboxCommand(folder, 'ls', '--mailbox', 'mail', '--box', 'work', '--json')).stdout);
  expect(json).toMatchObject({
    mailbox: join(folder, 'mail'),
    atWork: false,
    boxes: { work: { new: 1, delayed: 1, claimed: 1, done: 1, dead: 1 } },
  });
  expect(json.messages.map(({ id }: { id: string }) => id).sort()).toEqual([
    'claimed-1',
    'delayed-1',
    'new-1',
    'rejected-1',
  ]);
});

test('show prints the content without what could steer a terminal', async () => {
  const folder = temporaryFolder();
  const body = { prompt: 'clear \u009b2J the\u202e screen', list: [1] };
  {
    await using mailbox = createFileMailbox({ folder: join(folder, 'mail'), durable: false });
    await mailbox.open('work');
    await mailbox.publish('work', message('one', body));
  }
  const shown = await mailboxCommand(folder, 'show', 'one', '--mailbox', 'mail');
  expect(shown.stdout).toMatch(/^one {2}new in the box work\n {2}published \d+s ago, never claimed, \d+ bytes\n\n\{/);
  expect(shown.stdout).toContain('"prompt": "clear  the screen"');
  expect(shown.stdout).not.toMatch(/[\u001b\u0080-\u009f\u202e]/);
  const json = JSON.parse((await mailboxCommand(folder, 'show', 'on', '--mailbox', 'mail', '--json')).stdout);
  expect(json).toMatchObject({ id: 'one', state: 'new', envelope: { id: 'one', kind: 'control', body } });
});

test('dead gives the reasons, and requeue delivers again', async () => {
  const folder = temporaryFolder();
  await fill(join(folder, 'mail'));
  const at = ['--mailbox', 'mail'];
  const dead = await mailboxCommand(folder, 'dead', ...at);
  expect(dead.stdout).toContain('rejected: it made no sense');
  expect(dead.stdout).toContain('  again  fanfold mailbox requeue rejected-1 --mailbox mail --box work\n');
  expect(JSON.parse((await mailboxCommand(folder, 'dead', ...at, '--json')).stdout).messages).toMatchObject([
    {
      id: 'rejected-1',
      epoch: 1,
      worker: 'worker-1',
      look: expect.stringContaining('show'),
      again: expect.stringContaining('requeue'),
    },
  ]);
  const requeued = await mailboxCommand(folder, 'requeue', 'rejected', ...at);
  expect(requeued.stdout).toBe('rejected-1 waits in the box work again. The next worker at this mailbox gets it.\n');
  expect((await mailboxCommand(folder, 'dead', ...at)).stdout).toBe('No message is dead.\n');
  await using mailbox = createFileMailbox({ folder: join(folder, 'mail'), durable: false });
  expect(await claim(mailbox)).toMatchObject({ epoch: 2, envelope: { id: 'rejected-1' } });
  expect(await readdir(join(folder, 'mail', 'work', 'dead', '00000001'))).toEqual([]);
  const again = await mailboxCommand(folder, 'requeue', 'rejected-1', ...at);
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toMatch(/not dead but claimed.*next: /s);
});

test('what is no message is shown and not requeued', async () => {
  const folder = temporaryFolder();
  {
    await using mailbox = createFileMailbox({ folder: join(folder, 'mail'), durable: false });
    await mailbox.open('work');
    await mailbox.publish('work', message('torn'));
    const segment = join(folder, 'mail', 'work', 'new', '5', '00000001');
    const [name = ''] = await readdir(segment);
    writeFileSync(join(segment, name), '{"version":1');
    writeFileSync(join(segment, 'evil\u001b[2J'), 'x');
    expect(await mailbox.claim('work', 'worker-1')).toBeUndefined();
  }
  const dead = await mailboxCommand(folder, 'dead', '--mailbox', 'mail');
  expect(dead.stdout.match(/^ {2}invalid: /gm)).toHaveLength(2);
  expect(dead.stdout).not.toMatch(/^ {2}again/m);
  expect(dead.stdout).not.toContain('\u001b');
  expect((await mailboxCommand(folder, 'show', 'torn', '--mailbox', 'mail')).stdout).toContain(
    'Its content is not one of a message.',
  );
  for (const id of ['torn', 'stray-']) {
    const requeued = await mailboxCommand(folder, 'requeue', id, '--mailbox', 'mail');
    expect(requeued.stderr).toMatch(/can't be delivered: .*next: /s);
    expect(requeued.exitCode).toBe(6);
  }
});

test('every name that is not there is refused with what there is', async () => {
  const folder = temporaryFolder();
  await fill(join(folder, 'mail'));
  {
    await using mailbox = createFileMailbox({ folder: join(folder, 'mail'), durable: false });
    await mailbox.open('other');
    await mailbox.publish('other', message('new-1'));
    await mailbox.publish('other', message('new-2'));
  }
  const refusals: [args: string[], says: RegExp][] = [
    [['show', 'nothing', '--mailbox', 'mail'], /no message "nothing".*fanfold mailbox ls --mailbox mail --all/s],
    [['show', 'new-1', '--mailbox', 'mail'], /more than one box.*--box: .*(work, other|other, work)/s],
    [['show', 'new', '--mailbox', 'mail', '--box', 'other'], /several ids.*new-1, new-2/s],
    [['ls', '--mailbox', 'mail', '--box', 'nobody'], /no box "nobody".*Boxes with messages: .*work/s],
    [['ls', '--mailbox', 'mail', '--box', '../x'], /no box "..\/x".*work/s],
    [['ls', '--mailbox', '.'], /is not a mailbox.*format-1/s],
    [['ls', '--mailbox', 'missing'], /There is no mailbox at .*missing/s],
    [['ls', 'run-1', '--mailbox', 'mail'], /mutually exclusive/],
    [['ls', 'run-1'], /There is no run "run-1"/],
    [['ls'], /There is no run below/],
    [['requeue'], /next: /],
    [[], /ls, show, dead or requeue/],
    [['list'], /next: /],
  ];
  for (const [args, says] of refusals) {
    const refused = await mailboxCommand(folder, ...args);
    expect(refused.stderr, args.join(' ')).toMatch(says);
    expect(refused.stderr, args.join(' ')).toMatch(/next: /);
    expect([args, refused.exitCode]).toEqual([args, 2]);
    expect(refused.stdout).toBe('');
  }
  expect(await readdir(folder)).toEqual(['mail']);
});

test("a run's mailbox is found by the run, and a settled subtask is not done again by mistake", async () => {
  const repository = temporaryRepository({
    'fanfold.yml':
      'version: 1\nname: letters\nsubtasks: [{ id: alone, run: "echo 1 > a" }, { id: broken, run: "exit 3" }]\n',
  });
  const { folder } = repository;
  const ran = await runFanfold(['run', 'fanfold.yml', '--json'], { folder });
  expect(ran.end()).toMatchObject({ exitCode: 1, subtasks: { landed: 1, failed: 1 } });
  const listed = await mailboxCommand(folder, 'ls', 'letters');
  expect(listed.stdout).toMatch(/^The mailbox of letters-/);
  expect(listed.stdout).toMatch(/^workers +0 +0 +0 +0 +2$/m);
  for (const subtask of ['alone', 'broken']) {
    const shown = await mailboxCommand(folder, 'show', subtask, '--box', 'workers', '--json');
    const { envelope, id } = JSON.parse(shown.stdout);
    expect(id).toBe(`${subtask}-1`);
    await using mailbox = createFileMailbox({ folder: await mailFolder(folder) });
    await mailbox.publish('workers', { ...envelope, id: `${subtask}-2` });
    const taken = (await mailbox.claim('workers', 'worker-1')) ?? expect.fail('nothing to claim');
    await mailbox.fail(taken, { retry: false, reason: 'no use' });
  }
  const again = (await mailboxCommand(folder, 'dead')).stdout.match(/^ {2}again .*$/gm);
  expect(again).toEqual([expect.stringMatching(/^ {2}again {2}fanfold resume letters-\S+ --failed$/)]);
  const settled = await mailboxCommand(folder, 'requeue', 'alone-2');
  expect([settled.exitCode, settled.stderr]).toEqual([2, expect.stringMatching(/settled alone as landed.*--force/s)]);
  const failed = await mailboxCommand(folder, 'requeue', 'broken-2');
  expect([failed.exitCode, failed.stderr]).toEqual([
    2,
    expect.stringMatching(/settled broken as failed.*fanfold resume letters-\S+ --failed.*--force/s),
  ]);
  const forced = await mailboxCommand(folder, 'requeue', 'alone-2', '--force');
  expect(forced.stdout).toMatch(/alone-2 waits in the box workers again\. .*fanfold resume letters-/);
  expect(folderLeftovers(folder)).toEqual([]);
});

test('what is requeued in a run that was killed is done when the run goes on', async () => {
  const repository = temporaryRepository();
  const { folder } = repository;
  repository.commit({
    'fanfold.yml': `version: 1\nname: letters\nsubtasks: [{ id: patient, run: "test -e ${folder}/.git/go || sleep 600; echo 1 > a" }]\n`,
  });
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder });
  onTestFinished(() => void run.child.kill('SIGKILL'));
  await until(() => run.stdout().includes('"subtask-start"'), 'the subtask runs');
  run.child.kill('SIGKILL');
  await run.ended;
  {
    await using mailbox = createFileMailbox({ folder: await mailFolder(folder) });
    const [held] = await mailbox.list('workers', ['claimed']);
    await mailbox.reapWorker('workers', held?.worker ?? '');
    for (let loss = 2; loss <= 3; loss += 1) {
      await mailbox.claim('workers', 'unlucky');
      await mailbox.reapWorker('workers', 'unlucky');
    }
  }
  const dead = await mailboxCommand(folder, 'dead');
  expect(dead.stdout).toMatch(/attempts-exhausted: .*3 times.*again {2}fanfold mailbox requeue patient-1 letters-/s);
  const requeued = await mailboxCommand(folder, 'requeue', 'patient-1');
  expect(requeued.stdout).toMatch(/It is delivered when `fanfold resume letters-\S+` goes on\.$/m);
  writeFileSync(join(folder, '.git', 'go'), '');
  const resumed = await runFanfold(['resume', '--json'], { folder });
  expect(resumed.end(), resumed.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(repository.read('fanfold/letters', 'a')).toBe('1\n');
  expect(leftovers(repository)).toEqual([]);
});

test('a program opens a mailbox that is there, and no other', async () => {
  const { openMailbox } = (await import('../../coordinator/cli/index.ts')) satisfies { openMailbox: unknown };
  const folder = temporaryFolder();
  await fill(join(folder, 'mail'));
  expect(() => openMailbox(folder)).toThrow(expect.objectContaining({ code: 'mailbox-not-found' }));
  await using mailbox = openMailbox(join(folder, 'mail'));
  const [dead] = await mailbox.list('work', ['dead']);
  expect(dead).toMatchObject({ id: 'rejected-1' });
  expect(await mailbox.requeue('work', 'rejected-1')).toBe(true);
  expect((await mailbox.read('work', 'rejected-1'))?.entry.state).toBe('new');
  expect(await readFile(join(folder, 'mail', 'format-1'), 'utf8')).toBe('');
});
