/** Names of units, and where systemd has them on the bus. */

/** systemd.unit(5): at most 255 bytes of these, and a type. */
const NAME = /^[\w:.@\\-]{1,243}\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/
const TYPE = NAME.source.slice(NAME.source.indexOf('\\.('))

/** "kubelet" is kubelet.service. undefined: no unit can be called so. */
export function unitName(name: string): string | undefined {
  const whole = new RegExp(TYPE).test(name) ? name : `${name}.service`
  return NAME.test(whole) ? whole : undefined
}

/**
 * "kubelet.service" → "/org/freedesktop/systemd1/unit/kubelet_2eservice": as sd_bus_path_encode does, bytes other than letters and
 * digits, and a digit at the beginning, are "_" and two digits of hex. Asked there, systemd loads the unit as LoadUnit does.
 */
export function unitPath(name: string): string {
  const label = Buffer.from(name).reduce((text, byte, at) => {
    const letter = String.fromCharCode(byte)
    const isPlain = at === 0 ? /[A-Za-z]/.test(letter) : /[A-Za-z0-9]/.test(letter)
    return text + (isPlain ? letter : `_${byte.toString(16).padStart(2, '0')}`)
  }, '')
  return `/org/freedesktop/systemd1/unit/${label}`
}
