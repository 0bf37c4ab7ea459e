/**
 * A process of services that misbehave as asked, for tests that signal and kill it:
 * `node testing-process.ts <what the services do, with commas> [flags of the command line]`. With START_TRIES and RUN_DIR in the
 * environment they run as a whole set of which none may fail so often.
 */
import { ConfigErrors } from '../config/errors.ts'
import { noBus } from './bus-way.ts'
import { defineService } from './define.ts'
import { runProcess, runServices } from './process.ts'
import { minimalConfig } from './testing.ts'
import type { Service, ServiceContext } from './types.ts'

const [behaviours = 'well'] = process.argv.splice(2, 1)

function behaving(how: string, { log }: ServiceContext<undefined>): Service {
  const never = new Promise<never>(() => undefined)
  return {
    rpc: [],
    start: () => {
      if (how === 'fails-to-start') return Promise.reject(new Error('no bus'))
      if (how === 'hangs-at-start') return never
      if (how === 'throws-later') setTimeout(() => void Promise.reject(new Error('a bug')), 20)
      return Promise.resolve()
    },
    ...(how === 'fails-later' ? { failure: Promise.resolve(new Error('its child died')) } : {}),
    readiness: () => ({ ready: how !== 'never-ready', reason: 'waiting for something that never comes' }),
    stop: () => {
      log.info('stopping')
      return how.startsWith('hangs-at-stop') ? never : Promise.resolve()
    },
  }
}

const definitions = behaviours.split(',').map((how, index) =>
  defineService({
    name: `${how}-${index}`,
    description: `a service that ${how}`,
    drainDeadlineMs: how === 'hangs-at-stop-for-a-minute' ? 60_000 : 300,
    config: () => undefined,
    create: (context) => behaving(how, context),
  }),
)

const { START_TRIES, RUN_DIR = '' } = process.env
if (START_TRIES !== undefined) {
  await runServices({
    definitions,
    config: minimalConfig({ runDir: RUN_DIR }),
    bus: noBus,
    startTries: Number(START_TRIES),
    onDown: ({ message }) => process.stderr.write(`${message}\n`),
  })
} else {
  await runProcess({
    definitions,
    bus: noBus,
    loadConfig: (args) => {
      const settings = Object.fromEntries(args.set.map(({ key, value }) => [key.replace('settings.', ''), value]))
      if ('nonsense' in settings)
        throw new ConfigErrors('flags', [
          { where: 'flag', path: 'nonsense', text: 'unknown key' },
          { where: 'flag', path: 'other', text: 'unknown key' },
        ])
      return Promise.resolve(minimalConfig(settings))
    },
  })
}
