/** How long the certificate of an endpoint is valid. Pure. */
import type { Finding } from '#monitor-kit'
import { duration, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import type { Certificate } from '#probe'
import type { Config } from './config.ts'
import { endpointEntity } from './memory.ts'

const TYPE = 'EndpointCertificateExpiring'
const DAY_MS = 86_400_000
/** Short certificates are renewed late: so much of a life has to be over besides. */
const LIFE = { warning: 0.08, critical: 0.02 } as const

function day(time: Date): string {
  return time.toISOString().slice(0, 10)
}

/** Over the whole life where its beginning makes no sense. */
function lifeMs({ notBefore }: Certificate, end: Date): number {
  const ms = notBefore === undefined ? Number.NaN : end.getTime() - notBefore.getTime()
  return ms > 0 ? ms : Number.POSITIVE_INFINITY
}

/** @param certificate undefined: none was shown in this round */
export function judgeCertificate(
  name: string,
  certificate: Certificate | undefined,
  config: Config,
  now: Date,
): Finding {
  const about = { type: TYPE, entity: endpointEntity(name) }
  if (certificate === undefined) {
    const message = 'how long its certificate is valid is not known: none was shown'
    return { ...about, health: 'healthy', pending: true, reason: 'NotShown', message }
  }
  const { notAfter, subject } = certificate
  if (notAfter === undefined) {
    const why = unobserved('CertificateUnreadable', `the end of the certificate of ${subject} is no time`)
    return unknownFinding(TYPE, why, about.entity)
  }
  const leftMs = notAfter.getTime() - now.getTime()
  if (leftMs <= 0) {
    const message = `the certificate of ${subject} is over since ${day(notAfter)}; renew it`
    const summary = `the certificate of ${name} has expired`
    return { ...about, health: 'problem', severity: 'critical', reason: 'Expired', message, summary }
  }
  const life = lifeMs(certificate, notAfter)
  const isUnder = (days: number, share: number) => leftMs < days * DAY_MS && leftMs < share * life
  const isCritical = isUnder(config.certificateLastDays, LIFE.critical)
  const message = `the certificate of ${subject} is valid until ${day(notAfter)}`
  if (!isCritical && !isUnder(config.certificateDays, LIFE.warning)) {
    return { ...about, health: 'healthy', reason: 'CertificateValid', message }
  }
  const summary = `the certificate of ${name} expires in ${duration(leftMs)}`
  const severity = isCritical ? 'critical' : 'warning'
  return { ...about, health: 'problem', severity, reason: 'ExpiresSoon', message: `${message}; renew it`, summary }
}
