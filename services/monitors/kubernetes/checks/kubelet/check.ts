/** `kubernetes-kubelet-check`: is the kubelet well, in time, heard by the API server, and run with its configuration? */
import { createLook, defineCheck, phaseOf } from '#monitor-kit'
import { createWays, type Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { dueOf, isDoubted } from './due.ts'
import { evaluateKubelet, FIRST_KUBELET, HEALTHZ_SECONDS } from './evaluate.ts'
import { clearKubelet, factsOf, recallKubelet } from './memory.ts'
import { readKubelet } from './source.ts'

export const kubelet = defineCheck<Config, Ways | undefined>({
  type: 'kubernetes-kubelet-check',
  description:
    'Whether the kubelet says that it is well, how long it takes, whether the API server takes its lease, and whether it runs with its file',
  // By the kubelet, which asks the API server who we are before it answers.
  leavesNode: true,
  intervalMs: 30_000,
  timeoutMs: 25_000,
  conditions: [
    {
      type: 'KubeletUnhealthy',
      description: 'The kubelet does not run, does not answer, or says that it is not well',
      label: 'kubelet unhealthy',
      healthyReason: 'HealthzPassed',
      healthyMessage: 'the kubelet says that it is well',
      recoveryText: '2 checks in a row hear that it is well',
      source: 'http://127.0.0.1:10248/healthz; its unit, by D-Bus, where it does not answer',
      warning: 'none',
      critical: 'no listener, no answer within 5 s (httpTimeout), or an answer other than 200',
      sustained: '2 checks in a row (failureThreshold)',
    },
    {
      type: 'KubeletSlow',
      description: 'The kubelet takes long to list its pods (PLEG), or to have the container runtime do something',
      label: 'kubelet slow',
      healthyReason: 'InTime',
      healthyMessage: 'the kubelet is in time',
      recoveryText: '2 looks in a row find the mean under the warning limit',
      source:
        '/metrics: kubelet_pleg_relist_duration_seconds, kubelet_runtime_operations_duration_seconds, between two looks',
      warning: '5 s to list pods (plegThreshold), 10 s for a call (operationThreshold)',
      critical: '30 s (plegCriticalThreshold), 60 s (operationCriticalThreshold)',
      sustained: '2 looks in a row (failureThreshold), each a mean since the one before',
    },
    {
      type: 'KubeletCutOff',
      description:
        'The API server takes nothing of the kubelet: its lease runs out, and its pods are started elsewhere',
      label: 'kubelet cut off',
      healthyReason: 'LeaseRenewed',
      healthyMessage: 'the API server takes what the kubelet renews',
      recoveryText: '2 looks in a row find its counters grown',
      source: '/metrics: rest_client_requests_total of PUT that was taken, by which leases are renewed',
      warning: 'none',
      critical: 'nothing taken',
      sustained: '60 s (cutOffAfter), and as long as its lease is good for',
    },
    {
      type: 'KubeletConfigDrift',
      description: 'The kubelet does not run with what its file says: that was changed, and it was not restarted',
      label: 'kubelet configuration not in force',
      healthyReason: 'FileInForce',
      healthyMessage: 'the file is in force',
      recoveryText: '2 looks in a row find all of the file in force',
      source: '/configz against the file of --config, but for keys that a flag overrules',
      warning: 'a key differs',
      critical: 'none',
      sustained: '2 checks in a row (failureThreshold)',
    },
  ],
  events: [
    {
      reason: 'KubeletRestarted',
      severity: 'info',
      description: 'The kubelet was started anew; a warning where systemd did so by itself, since it had ended',
    },
  ],
  metrics: [
    { name: HEALTHZ_SECONDS, help: 'How long the kubelet took to say how it is', kind: 'gauge', unit: 'seconds' },
  ],
  create({ memory: kept, shared }) {
    const ways = shared ?? createWays()
    return createLook<Config, typeof FIRST_KUBELET>(kept, {
      first: FIRST_KUBELET,
      async look({ host, clock, stopwatch, signal, config, nodeName, name, intervalMs }, memory) {
        const { told } = ways
        const now = clock.now()
        const phase = phaseOf(nodeName, name)
        const due = dueOf(memory, config, { nowMs: clock.monotonicMs(), troubleMs: told.troubleMs, phase })
        const known = { due, pid: memory.run.pid, isDoubted: isDoubted(memory) }
        const reading = await readKubelet({ host, ways, clock, stopwatch, signal, config, nodeName, ...known })
        return evaluateKubelet(reading, config, memory, {
          ...{ nowMs: clock.monotonicMs(), wallMs: clock.now().getTime(), now },
          ...{ intervalMs, told },
        })
      },
      clear: clearKubelet,
      facts: { of: factsOf, recalled: recallKubelet },
    })
  },
})
