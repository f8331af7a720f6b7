// @ts-check
import { refuse } from './api-error.js';

/** @import { Fault, MessagesRequest, Reply, RequestContext, Scenario, ScenarioStep, Script } from './types.d.ts' */

/**
 * @typedef {object} Prepared
 * @property {Reply} reply
 * @property {Fault | undefined} fault
 * @property {() => void} consume call once the reply has been sent whole
 * @property {() => void} release call in any case at the end of the request
 */

/**
 * Serves scenarios first, then the script. Everything that is not as the test wrote it becomes a 400 and a problem.
 * @param {Scenario[]} scenarios
 * @param {Script | undefined} script
 */
export function createPlaybook(scenarios, script) {
  const running = scenarios.map(start);
  /** @type {string[]} */
  const problems = [];

  /**
   * @param {string} problem
   * @returns {never}
   */
  function refuseAs(problem) {
    problems.push(problem);
    return refuse('', problem);
  }

  /**
   * @template T
   * @param {string} subject
   * @param {() => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  async function guard(subject, work) {
    try {
      return await work();
    } catch (error) {
      return refuseAs(`${subject}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  return {
    problems,

    /** @param {Scenario} scenario */
    add(scenario) {
      running.push(start(scenario, running.length));
    },

    /**
     * @param {MessagesRequest} request
     * @param {RequestContext} context
     * @returns {Promise<Prepared>}
     */
    async prepare(request, context) {
      const found = running.find(({ scenario }) => matches(scenario, request, context));
      if (found === undefined) {
        if (script === undefined)
          return refuseAs(`No scenario matches the request "${excerpt(context.firstUserText)}"`);
        const reply = await guard('The script threw', () => script(request, context));
        return { reply, fault: reply.fault, consume() {}, release() {} };
      }
      const { name } = found;
      const place = found.position;
      const step = found.scenario.steps[place];
      if (step === undefined) {
        return refuseAs(`${name}: request beyond the script, all ${place} steps are consumed`);
      }
      if (found.busy) return refuseAs(`${name}: two requests at once, step ${place + 1} is still being answered`);
      found.busy = true;
      try {
        return await prepareStep(found, step, request, context);
      } catch (error) {
        found.busy = false;
        throw error;
      }
    },

    /** @returns {string[]} one sentence for each scenario with steps left */
    unfinished() {
      return running.flatMap(({ name, position, scenario }) =>
        position < scenario.steps.length
          ? [`${name}: ${scenario.steps.length - position} of ${scenario.steps.length} steps were not consumed`]
          : [],
      );
    },
  };

  /**
   * @param {Running} found
   * @param {ScenarioStep} step
   * @param {MessagesRequest} request
   * @param {RequestContext} context
   * @returns {Promise<Prepared>}
   */
  async function prepareStep(found, step, request, context) {
    const place = found.position;
    const subject = `${found.name}, step ${place + 1}`;
    await guard(`${subject}, expect`, () => step.expect?.(request, context));
    const { reply } = step;
    const made = typeof reply === 'function' ? await guard(`${subject}, reply`, () => reply(request, context)) : reply;
    const isFirst = found.attempted <= place;
    found.attempted = place + 1;
    return {
      reply: made,
      fault: isFirst ? (step.fault ?? made.fault) : undefined,
      consume() {
        found.position = place + 1;
        found.busy = false;
      },
      release() {
        if (found.position === place) found.busy = false;
      },
    };
  }
}

/**
 * @typedef {object} Running
 * @property {string} name
 * @property {Scenario} scenario
 * @property {number} position
 * @property {number} attempted how many steps have been asked for at least once
 * @property {boolean} busy
 */

/**
 * @param {Scenario} scenario
 * @param {number} index
 * @returns {Running}
 */
function start(scenario, index) {
  const match = typeof scenario.match === 'function' ? `#${index + 1}` : String(scenario.match);
  const name = `Scenario "${scenario.name ?? excerpt(match)}"`;
  return { name, scenario, position: 0, attempted: 0, busy: false };
}

/**
 * @param {Scenario} scenario
 * @param {MessagesRequest} request
 * @param {RequestContext} context
 */
function matches({ match }, request, { firstUserText }) {
  if (typeof match === 'string') return firstUserText.includes(match);
  return typeof match === 'function' ? match(firstUserText, request) : firstUserText.search(match) !== -1;
}

/** @param {string} text */
function excerpt(text) {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
