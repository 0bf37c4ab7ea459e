/** Why a unit may not be acted on, whoever asks and whatever is configured. Pure. */
import type { JobVerb, UnitStanding } from '#host/acts'

/** Types that are something to repair. Targets, slices and scopes are many units at once, or the machine's own end. */
const TYPES = /\.(?:service|socket|timer|path|mount|automount|swap)$/

/** Units without which nobody could be asked any more, or the machine ends. */
const VITAL: readonly RegExp[] = [
  /^dbus(?:-broker)?\.(?:service|socket)$/,
  /^(?:init|systemd)\.(?:scope|service)$/,
  /^-\.mount$/,
  /^systemd-(?:logind|journald|udevd|user-sessions)\.service$/,
  /^systemd-(?:reboot|poweroff|halt|kexec|soft-reboot|exit|suspend|hibernate|hybrid-sleep|suspend-then-hibernate)\.service$/,
  /^(?:emergency|rescue|initrd-.*)\.service$/,
]

/** What the machine runs from and remembers: it may be mounted, and not be taken away. */
const ITS_FOLDERS =
  /^(?:boot|boot-efi|efi|etc|home|root|tmp|usr|usr-local|var|var-lib|var-log|var-tmp|(?:dev|proc|run|sys)(?:-.*)?)\.mount$/

/** Ours, and what runs as one of our attempts. */
const OURS = /^node-doctor(?:$|[^A-Za-z0-9])/

function mayNot(verb: JobVerb, standing: UnitStanding): string {
  const { id, loadState, activeState, canReload, refusesStart, refusesStop, hasJob } = standing
  if (loadState === 'masked') return `${id} is masked`
  if (loadState === 'not-found') return `there is no unit ${id}`
  if (loadState !== 'loaded') return `systemd cannot load ${id} (${loadState})`
  if (hasJob) return `a job for ${id} is pending`
  if (refusesStart && verb !== 'stop') return `${id} may not be started by hand`
  if (refusesStop && (verb === 'stop' || verb === 'restart')) return `${id} may not be stopped by hand`
  if (verb === 'start' && activeState === 'active') return `${id} is active`
  if (verb === 'stop' && (activeState === 'inactive' || activeState === 'failed')) return `${id} is ${activeState}`
  if (verb === 'reload' && !canReload) return `${id} cannot be reloaded`
  if (verb === 'reload' && activeState !== 'active') return `${id} is ${activeState}`
  return ''
}

/** Why what would be stopped along with it must not be; one step far, as systemd lists it. */
function whyNotWith(verb: JobVerb, { id, stopsWith }: UnitStanding, ownUnits: readonly string[]): string {
  if (verb !== 'stop' && verb !== 'restart') return ''
  const whys = stopsWith.map((name) => {
    if (OURS.test(name) || ownUnits.includes(name))
      return `to ${verb} ${id} would stop ${name} with it, which is our own`
    if (VITAL.some((each) => each.test(name)))
      return `to ${verb} ${id} would stop ${name} with it, which carries the machine`
    if (ITS_FOLDERS.test(name))
      return `to ${verb} ${id} would stop ${name} with it, a folder that the machine runs from`
    return ''
  })
  return whys.find((why) => why !== '') ?? ''
}

/** @param ownUnits names of units that this process is part of @returns "" where it may */
export function refusalOf(verb: JobVerb, standing: UnitStanding, ownUnits: readonly string[]): string {
  const names = [standing.id, ...standing.names]
  if (names.some((name) => !TYPES.test(name))) return `${standing.id} is no unit that is repaired`
  if (names.some((name) => OURS.test(name) || ownUnits.includes(name))) return `${standing.id} is our own`
  if (names.some((name) => VITAL.some((each) => each.test(name)))) return `${standing.id} carries the machine`
  if ((verb === 'stop' || verb === 'restart') && names.some((name) => ITS_FOLDERS.test(name)))
    return `${standing.id} is a folder that the machine runs from`
  return whyNotWith(verb, standing, ownUnits) || mayNot(verb, standing)
}
