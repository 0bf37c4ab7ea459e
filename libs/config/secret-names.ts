/** Which names of options, variables and headers speak of a secret. Pure. */
import { isSecretKey } from './secrets.ts'

/** Words of names that a key of ours would not have: `--pass`, `MYSQL_PWD`, `-key`. */
const SECRET_WORDS: ReadonlySet<string> = new Set(
  'pass passcode pwd pw psk key keys auth oauth bearer cookie cookies signature sig cred creds jwt otp sas dsn'.split(
    ' ',
  ),
)
/** The same as one word with another: `accesskey`, `userpass`. */
const SECRET_COMPOUND =
  /^(?:access|account|admin|app|auth|basic|bind|bmc|client|crypt|db|encryption|ftp|git|http|imap|ipmi|key|keystore|ldap|license|login|master|mongo|mqtt|my|mysql|pg|proxy|redis|require|root|sasl|server|shared|signing|smtp|snmp|ssh|ssl|storage|store|sudo|tls|truststore|user|vpn|web|wifi|wpa)(?:pass|pwd|pw|key|auth|creds?)$/
/** As a key of ours has them, whatever word stands last. */
const SECRET_ANYWHERE = /^(?:tokens?|passw(?:or)?ds?|passphrase|secrets?|authorization|credentials?|apikey)$/
/** Last words of names that hold none: a file of it, a count, of what kind it is. */
const NO_SECRET_WORDS: ReadonlySet<string> = new Set(
  'file files path paths dir name count seconds ms ttl enabled store size type mode format length bits algorithm prefix host port version timeout interval through'.split(
    ' ',
  ),
)
/** Their values hold one where they are "user:password". */
export const PAIRS = ['-u', '--user', '--proxy-user']

/** Whether what a name stands for is a secret. Numbers at the end of its words say nothing: `PASS1`, `token_2`. */
export function isSecretName(name: string): boolean {
  const words = name
    .split(/[-_]+|(?<=[a-z0-9])(?=[A-Z])/)
    .map((word) => word.toLowerCase().replace(/\d+$/, ''))
    .filter((word) => word !== '')
  if (NO_SECRET_WORDS.has(words.at(-1) ?? '')) return false
  return (
    isSecretKey(name) ||
    words.some((word) => SECRET_WORDS.has(word) || SECRET_COMPOUND.test(word) || SECRET_ANYWHERE.test(word))
  )
}
