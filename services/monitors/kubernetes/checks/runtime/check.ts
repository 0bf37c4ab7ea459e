/** `kubernetes-runtime-check`: does the container runtime answer, is its network ready, are its pods stuck? */
import { createLook, defineCheck, type Finding } from '#monitor-kit'
import { createWays, type Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { CALL_SECONDS, CONTAINERS, evaluateRuntime, FIRST_RUNTIME, SANDBOXES, USED_BYTES } from './evaluate.ts'
import { clearRuntime, factsOf, recallRuntime } from './memory.ts'
import { readRuntime } from './source.ts'

const LEANED_ON: readonly string[] = ['ContainerRuntimeUnhealthy', 'ContainerRuntimeSlow']

function isAmiss({ type, health, pending, reason }: Finding): boolean {
  // Of a look for which this process was late itself nothing is known.
  return LEANED_ON.includes(type) && (health === 'problem' || (pending === true && reason !== 'ProberLate'))
}

/** Whether it is critical, or may become so: one that is slow by a warning is not why of a kubelet that takes ten times as long. */
function isGrave(finding: Finding): boolean {
  if (!isAmiss(finding)) return false
  const { health, severity, evidence } = finding
  if (health === 'problem') return severity === 'critical'
  return evidence?.critical === undefined || evidence.value >= evidence.critical
}

export const runtime = defineCheck<Config, Ways | undefined>({
  type: 'kubernetes-runtime-check',
  description:
    'Whether the container runtime answers, how long it takes, and what it says of its pods and their network',
  intervalMs: 30_000,
  timeoutMs: 25_000,
  conditions: [
    {
      type: 'ContainerRuntimeUnhealthy',
      description: 'The container runtime does not run, does not answer, or says that it is not ready',
      label: 'container runtime unhealthy',
      healthyReason: 'RuntimeAnswers',
      healthyMessage: 'the container runtime answers',
      recoveryText: '2 checks in a row get all answers',
      source:
        'CRI Version, Status (RuntimeReady), ListPodSandbox, ListContainers, ImageFsInfo; its unit, by D-Bus, where it does not answer',
      warning: 'none',
      critical: 'no listener, no answer within 5 s (callTimeout), RuntimeReady false, or its unit not active',
      sustained: '2 checks in a row (failureThreshold)',
    },
    {
      type: 'ContainerRuntimeSlow',
      description: 'The container runtime takes long to answer, so that pods are started and ended late',
      label: 'container runtime slow',
      healthyReason: 'AnswersInTime',
      healthyMessage: 'the container runtime answers in time',
      recoveryText: '2 checks in a row find its slowest call under the warning limit',
      source: 'the slowest call of a check',
      warning: '1,000 ms (slowWarningMs)',
      critical: '3,000 ms (slowCriticalMs)',
      sustained: '3 checks in a row (sustainedSlowChecks)',
    },
    {
      type: 'PodNetworkNotReady',
      description: 'The container runtime cannot give pods a network: no CNI configuration, or a plug-in that fails',
      label: 'pod network not ready',
      healthyReason: 'NetworkReady',
      healthyMessage: 'the network of pods is ready',
      recoveryText: '2 checks in a row hear that it is ready',
      source: 'CRI Status, NetworkReady',
      warning: 'none',
      critical: 'NetworkReady false',
      sustained: '2 checks in a row (failureThreshold)',
    },
    {
      type: 'PodsStuck',
      description:
        'Containers are created and not started, run on in pods that have ended, or are in a state that the runtime does not know',
      label: 'pods stuck',
      healthyReason: 'NoPodsStuck',
      healthyMessage: 'no pod is stuck in the container runtime',
      recoveryText: '2 checks in a row find fewer stuck than the warning limit',
      source: 'CRI ListPodSandbox and ListContainers',
      warning: '1 pod for 5 min (stuckWarningPods, stuckAfter)',
      critical: '5 pods (stuckCriticalPods)',
      sustained: '5 min (stuckAfter)',
    },
  ],
  metrics: [
    {
      name: CALL_SECONDS,
      help: 'How long the container runtime took to answer, by call',
      kind: 'gauge',
      unit: 'seconds',
    },
    {
      name: SANDBOXES,
      help: 'Pods that the container runtime has, by state',
      kind: 'gauge',
      unit: '',
      title: 'Pods {state}',
    },
    { name: CONTAINERS, help: 'Containers that the container runtime has, by state', kind: 'gauge', unit: '' },
    {
      name: USED_BYTES,
      help: 'What images and containers take, as the container runtime counts it now and then',
      kind: 'gauge',
      unit: 'bytes',
    },
  ],
  create({ memory: kept, shared }) {
    const ways = shared ?? createWays()
    let wasAmiss = false
    return createLook<Config, typeof FIRST_RUNTIME>(kept, {
      first: FIRST_RUNTIME,
      async look({ host, clock, stopwatch, signal, config }, memory) {
        const reading = await readRuntime({ host, ways, clock, stopwatch, signal, config, known: memory.known })
        const nowMs = clock.monotonicMs()
        const verdict = evaluateRuntime(reading, config, memory, nowMs)
        // The kubelet leans on it: it is looked at once, and as long as it is slow itself.
        const isNow = verdict.findings.some(isAmiss)
        if (isNow && !wasAmiss) ways.told.troubleMs = nowMs
        if (isNow) ways.told.runtimeAmissMs = nowMs
        if (verdict.findings.some(isGrave)) ways.told.runtimeGraveMs = nowMs
        wasAmiss = isNow
        return verdict
      },
      clear: clearRuntime,
      facts: { of: factsOf, recalled: recallRuntime },
    })
  },
})
