import { describe, expect, it } from 'vitest';
import { agentModels, judgeModel, roleModel, type TaskFile, type UserModels } from '../../../../tasks/index.ts';

type File = Pick<TaskFile, 'model' | 'models' | 'roles' | 'defaults'>;
const template = (changes: Partial<TaskFile['subtasks'][number]> = {}) => ({ id: 'a', prompt: 'p', ...changes });
const summariserOf = (file: File, user?: UserModels) => agentModels(file, template(), user).summariser;

describe('the model of a role', () => {
  it('is that of the file, with the fields of the role on top', () => {
    const model = { name: 'm', maxTokens: 5_000, idleTimeout: '1m', effort: 'low' as const };
    expect(roleModel({ model, roles: { judge: { effort: 'high' } } }, 'judge')).toEqual({
      name: 'm',
      maxTokens: 5_000,
      idleTimeoutMs: 60_000,
      effort: 'high',
    });
    expect(roleModel({ model }, 'judge')).toEqual(roleModel({ model }, 'worker'));
  });

  it('takes nothing over that was said of another model or server', () => {
    const model = {
      name: 'm',
      baseUrl: 'http://127.0.0.1:1',
      fallback: ['n'],
      maxTokens: 5_000,
      effort: 'max' as const,
      thinking: 'adaptive' as const,
      idleTimeout: 7,
    };
    expect(roleModel({ model, roles: { judge: { name: 'j' } } }, 'judge')).toEqual({
      name: 'j',
      baseUrl: 'http://127.0.0.1:1',
      idleTimeoutMs: 7_000,
    });
    const elsewhere = { baseUrl: 'http://127.0.0.1:2' };
    expect(roleModel({ model, roles: { judge: elsewhere } }, 'judge')).toEqual({ ...elsewhere, idleTimeoutMs: 7_000 });
    // The name of the default is no other name.
    const unnamed = { effort: 'low' as const };
    expect(roleModel({ model: unnamed, roles: { judge: { name: 'claude-sonnet-5-5' } } }, 'judge')).toMatchObject(
      unnamed,
    );
  });

  it('comes from the file before it comes from the settings of the user', () => {
    const user: UserModels = {
      roles: { worker: { name: 'w' }, judge: { name: 'j', effort: 'low' }, planner: { name: 'p' } },
    };
    expect(roleModel({}, 'worker', user)).toEqual({ name: 'w' });
    expect(roleModel({ model: { name: 'm' } }, 'worker', user)).toEqual({ name: 'm' });
    expect(roleModel({ model: { name: 'm' } }, 'judge', user)).toEqual({ name: 'j', effort: 'low' });
    expect(roleModel({ roles: { judge: { effort: 'max' } } }, 'judge', user)).toEqual({ name: 'j', effort: 'max' });
    expect(roleModel({}, 'planner', user)).toEqual({ name: 'p' });
    expect(roleModel({}, 'summariser', user)).toEqual({ name: 'w' });
  });

  it('is no name of the user at a server that the file names, unless the user names one too', () => {
    const model = { baseUrl: 'http://127.0.0.1:1', name: 'llama' };
    const user: UserModels = { roles: { worker: { name: 'w', effort: 'low' }, judge: { name: 'j' } } };
    expect(roleModel({ model }, 'judge', user)).toEqual(model);
    expect(roleModel({ model: { baseUrl: model.baseUrl } }, 'worker', user)).toEqual({ baseUrl: model.baseUrl });
    const own = { name: 'j', baseUrl: 'http://127.0.0.1:2' };
    expect(roleModel({ model }, 'judge', { roles: { judge: own } })).toEqual(own);
  });

  it('is the recording where the work is replayed', () => {
    const roles = { judge: { name: 'j', effort: 'max' as const } };
    expect(roleModel({ model: { name: 'replay:/r' }, roles }, 'judge').name).toBe('replay:/r');
    expect(roleModel({ model: { name: 'replay:/r' } }, 'planner', { roles: { planner: { name: 'p' } } }).name).toBe(
      'replay:/r',
    );
  });

  it('of a judge has the judge’s own fields on top', () => {
    const file = { model: { name: 'm', effort: 'low' as const }, roles: { judge: { name: 'j', maxTokens: 9 } } };
    expect(judgeModel(file, { effort: 'max' })).toEqual({ name: 'j', maxTokens: 9, effort: 'max' });
    expect(judgeModel(file, { name: 'k' })).toEqual({ name: 'k' });
    expect(judgeModel(file, undefined)).toEqual({ name: 'j', maxTokens: 9 });
  });
});

describe('the models of an agent', () => {
  it('let it sum up for itself, unless somebody else is named', () => {
    expect(summariserOf({ model: { name: 'm' } })).toBeUndefined();
    expect(summariserOf({ model: { name: 'm' }, roles: { summariser: { name: 'm' } } })).toBeUndefined();
    expect(summariserOf({ model: { name: 'm' }, roles: { summariser: { name: 's' } } })).toEqual({ name: 's' });
    expect(summariserOf({ model: { name: 'm' } }, { roles: { summariser: { name: 's' } } })).toEqual({ name: 's' });
    expect(summariserOf({ model: { name: 'replay:/r' }, roles: { summariser: { name: 's' } } })).toBeUndefined();
  });

  it('have it summed up at its own server, unless another is named for that', () => {
    const local = { name: 'l', baseUrl: 'http://127.0.0.1:1' };
    const at = (file: File) => agentModels(file, template({ model: local })).summariser;
    expect(at({ roles: { summariser: { name: 's' } } })).toBeUndefined();
    const named = { name: 's', baseUrl: 'http://127.0.0.1:2' };
    expect(at({ roles: { summariser: named } })).toEqual(named);
  });

  it('say how it thinks only of the model of which it was said', () => {
    const file: File = {
      model: { name: 'm', effort: 'max', thinking: 'adaptive', fallback: ['n'] },
      defaults: { model: { maxTokens: 9 } },
    };
    expect(agentModels(file, template()).model).toEqual({
      name: 'm',
      effort: 'max',
      thinking: 'adaptive',
      fallback: ['n'],
      maxTokens: 9,
    });
    const own = agentModels(file, template({ model: { name: 'o', effort: 'low' } })).model;
    expect(own).toEqual({ name: 'o', effort: 'low', fallback: ['n'], maxTokens: 9 });
    expect(agentModels(file, template({ model: { name: 'o' } })).model.effort).toBeUndefined();
  });
});

describe('what the user says of models', () => {
  const price = (input: number) => ({ price: { input, output: 0 } });

  it('travels with the settings that use them, the file on top of the settings of the user', () => {
    const file: File = {
      model: { name: 'm-20260101', fallback: ['n'] },
      models: { m: price(1), n: { contextTokens: 9 }, other: price(3) },
    };
    const user: UserModels = { models: { n: { ...price(2), contextTokens: 5 }, m: { maxOutputTokens: 7 } } };
    expect(agentModels(file, template(), user).model.facts).toEqual({
      m: { maxOutputTokens: 7, ...price(1) },
      n: { ...price(2), contextTokens: 9 },
    });
    expect(agentModels({ models: { m: price(1) } }, template()).model).toEqual({});
    const ofDefault = { 'claude-sonnet-5-5': price(1) };
    expect(agentModels({ models: ofDefault }, template()).model.facts).toEqual(ofDefault);
  });

  it('travels whole where the models are not known yet: of a recording, of helpers', () => {
    const models = { m: price(1), n: price(2) };
    expect(roleModel({ models, model: { name: 'replay:/r' } }, 'judge').facts).toEqual(models);
    expect(agentModels({ models }, template({ agent: 'reviewer' })).model.facts).toEqual(models);
  });

  it('drops the price of long prompts with the price that it replaces', () => {
    const longPrompt = { aboveTokens: 10, ...price(4) };
    const file = { model: { name: 'm' }, models: { m: price(1) } };
    expect(roleModel(file, 'worker', { models: { m: { ...price(2), longPrompt } } }).facts).toEqual(file.models);
  });
});
