/** Who we are to the kubelet, and what came of asking it. */
import { type Host, HostReadError } from '#host'
import { KubeAccessError } from '#kube'
import type { KubeletCredentials } from '#kube/kubelet'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import type { Probed } from '#probe'
import type { Ways } from '../ways.ts'

/** As `auth` of a check has it. */
export interface Auth {
  readonly type: 'serviceaccount' | 'certificate' | 'none'
  /** "": the account's own. */
  readonly tokenFile: string
  readonly certFile: string
  readonly keyFile: string
}

function text(bytes: string | Buffer | undefined): string | undefined {
  return bytes === undefined ? undefined : bytes.toString()
}

/**
 * The cluster's authorities, and a token or a certificate; read anew for each question, since they are rotated.
 * @throws KubeAccessError where there is no way to the API server, HostReadError where a file cannot be read
 */
export async function credentialsOf(
  { ways, host }: { readonly ways: Ways; readonly host: Host },
  { type, tokenFile, certFile, keyFile }: Auth,
): Promise<KubeletCredentials> {
  const access = await ways.access().then((found) => found.credentials())
  const ca = text(access.ca)
  if (type === 'certificate') {
    const [certificate, key] = [await host.files.readText(certFile), await host.files.readText(keyFile)]
    return { headers: {}, ca, certificate, key }
  }
  const token = tokenFile === '' ? '' : (await host.files.readText(tokenFile)).trim()
  const headers = token === '' ? access.headers : { authorization: `Bearer ${token}` }
  return { headers, ca, certificate: text(access.cert), key: text(access.key) }
}

/** By the kind of failure, and by the status of one that was denied. */
const REASONS: Readonly<Record<string, string>> = {
  certificate: 'CertificateUnverified',
  '401': 'TokenRefused',
  '403': 'Forbidden',
}

/** What was asked over the secured port, as a reading: that there is no way to ask is one as well. */
export async function askedKubelet<Answer>(ask: () => Promise<Probed<Answer>>): Promise<Reading<Answer>> {
  try {
    const probed = await ask()
    if (probed.ok) return observed(probed.answer)
    const { kind, code, message } = probed.failure
    return unobserved(REASONS[kind === 'denied' ? code : kind] ?? 'NotAnswered', message)
  } catch (err) {
    if (err instanceof KubeAccessError || err instanceof HostReadError) return unobserved('NoCredentials', err.message)
    throw err
  }
}
