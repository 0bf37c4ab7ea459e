/** The authorities that a machine trusts. */
import { type Files, HostReadError } from '#host'

/** Where distributions keep them, in the order in which Go looks (crypto/x509/root_linux.go). */
const PATHS: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** As PEM, for {@link createTrust}; undefined where the machine keeps none, as in a container without them. */
export async function systemAuthorities(files: Pick<Files, 'readText'>): Promise<string | undefined> {
  for (const path of PATHS) {
    try {
      return await files.readText(path, { maxBytes: 4 * 1024 * 1024 })
    } catch (err) {
      // Not kept here, or not to be read: the next place.
      if (!(err instanceof HostReadError)) throw err
    }
  }
  return undefined
}
