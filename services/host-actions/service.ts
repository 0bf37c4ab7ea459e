/** Acts on the machine, for the remediator alone: what the configuration names, and nothing else. */
import { join } from 'node:path'
import { createHostActs } from '#host/acts'
import { defineService, type Service, type ServiceContext } from '#service'
import { folderOf } from '#service-table'
import { uptimeMs } from './actions/node-reboot.ts'
import { ACTIONS } from './actions/registry.ts'
import type { Action, Tools } from './actions/types.ts'
import { createAttempts } from './attempts/attempts.ts'
import { createKeptAttempts } from './attempts/kept.ts'
import { createOpenLook } from './cleanup/open-look.ts'
import { createWallClock } from './cleanup/wall-steps.ts'
import { type HostActionsConfig, hostActionsConfig } from './config.ts'
import { UptimeUnknownError } from './errors.ts'
import { apiServersOf } from './interface/api-servers.ts'
import { createHostActionsMetrics } from './metrics.ts'
import { createActionRunnerRpc } from './rpc.ts'

/** @param actions all that can be done */
function createHostActions(context: ServiceContext<HostActionsConfig>, actions: readonly Action[]): Service {
  const { config, clock, host, log, name, version, runDir, stateDir } = context
  const folder = folderOf({ name, kind: 'core' }, runDir)
  const kept = createKeptAttempts(join(folder, 'attempts'))
  const acts = createHostActs({ host, clock, folder: join(folder, 'acts') })
  const { minUptimeMs } = config
  const serviceHost = process.env['KUBERNETES_SERVICE_HOST'] ?? ''
  const wallClock = createWallClock(join(folder, 'clock.json'), async () => {
    const upMs = uptimeMs(await host.files.readText('/proc/uptime'))
    if (upMs === undefined) throw new UptimeUnknownError()
    return { wallMs: clock.now().getTime(), upMs }
  })
  const tools: Tools = {
    host,
    acts,
    clock,
    wallClock,
    whyOpenUnknown: createOpenLook(acts, clock),
    journalDir: join(stateDir, 'remediator'),
    ownDirs: [stateDir, runDir],
    criSockets: config.criSockets,
    minUptimeMs,
    apiServers: () => apiServersOf(host, acts, serviceHost),
  }
  const metrics = createHostActionsMetrics(
    context.metrics,
    actions.map(({ strategy }) => strategy),
  )
  const prune = async (): Promise<void> => {
    for (const old of await kept.prune()) await acts.programs.forget(old)
  }
  const attempts = createAttempts({
    prune,
    actions: new Map(actions.map((action) => [action.strategy, action])),
    tools,
    permits: config.permits,
    kept,
    onBegun: (attempt, { strategy, target }, joined) =>
      log.info('attempt begun', { attempt, action: strategy, target, joined }),
    onEnded(attempt, { strategy, target }, { outcome, message }, durationMs) {
      log.info('attempt ended', { attempt, action: strategy, target, outcome, reason: message, durationMs })
      metrics.ended(strategy, outcome)
    },
  })
  const onFault = (err: unknown): void => log.error('a call failed by our own fault', { err })
  let leaving: Promise<void> | undefined
  const runner = { name, version, clock, tools, actions, attempts, onFault }

  return {
    rpc: [createActionRunnerRpc(runner, () => leaving !== undefined)],
    async start() {
      // How the clock stands from here on.
      await wallClock.look().catch((err: unknown) => log.warn('no file is deleted by its age', { err }))
      await prune()
    },
    readiness: () => ({ ready: true, reason: '' }),
    stop: () => (leaving ??= attempts.leave()),
  }
}

export const hostActions = defineService<HostActionsConfig>({
  name: 'host-actions',
  description: 'Acts on the machine, for the remediator alone.',
  config: hostActionsConfig,
  create: (context) => createHostActions(context, ACTIONS),
})
