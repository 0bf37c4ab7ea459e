/** `kubernetes-certificates`: how long are the certificates of this node still good for? */
import { createLook, defineCheck } from '#monitor-kit'
import { createWays, type Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { type CertificatesMemory, evaluateCertificates, FIRST_CERTIFICATES, SECONDS_LEFT, TYPE } from './evaluate.ts'
import { readWatched } from './source.ts'

/** What an earlier process of this boot knew; nothing where the facts make no sense. */
function recalled(facts: unknown): CertificatesMemory {
  const entries: readonly unknown[] = Array.isArray(facts) ? facts.slice(0, 64) : []
  const isSound = (entry: unknown): entry is [string, number] =>
    Array.isArray(entry) && typeof entry[0] === 'string' && Number.isFinite(entry[1])
  return { ...FIRST_CERTIFICATES, longest: new Map(entries.filter(isSound)) }
}

export const certificates = defineCheck<Config, Ways | undefined>({
  type: 'kubernetes-certificates',
  description:
    'How long the certificates of the kubelet, of a control plane on this node, and those that are named are still good for',
  leavesNode: true,
  intervalMs: 3_600_000,
  timeoutMs: 60_000,
  conditions: [
    {
      type: TYPE,
      description:
        'A certificate ends soon, has ended, or has not begun. Whoever is reached or known by it is not, then',
      label: '{entity} expires',
      healthyReason: 'CertificateValid',
      healthyMessage: 'the certificate is good for a while',
      recovery: { kind: 'healthy-checks', count: 1 },
      recoveryText: 'a check finds one there that ends later',
      source:
        'files (PEM), handshakes, the kubelet’s kubelet_certificate_manager_client_ttl_seconds and …_server_ttl_seconds',
      warning: '30 days (noticeDays) and 8 % of its life (noticePercent) left',
      critical: '7 days (criticalDays) and 2 % (criticalPercent) left, or none',
      sustained: 'at once',
    },
  ],
  metrics: [
    {
      name: SECONDS_LEFT,
      help: 'How long a certificate is still good for; below zero it has ended',
      kind: 'gauge',
      unit: 'seconds',
    },
  ],
  create({ memory: kept, shared }) {
    const ways = shared ?? createWays()
    return createLook<Config, CertificatesMemory>(kept, {
      first: FIRST_CERTIFICATES,
      async look({ host, clock, stopwatch, signal, config, nodeName }, memory) {
        const watched = await readWatched({ host, ways, clock, stopwatch, signal, config, nodeName })
        return evaluateCertificates(watched, config, memory, clock.now())
      },
      facts: { of: ({ longest }) => [...longest].slice(0, 64), recalled },
    })
  },
})
