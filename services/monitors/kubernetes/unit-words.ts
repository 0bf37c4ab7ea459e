/** A unit in words, and what it says of the program that it runs. Pure. */
import type { Unit, UnitLook } from '#host'

/** "containerd.service is active (running)", "crio.service is failed (exit-code, status 1)". */
export function unitText({ name, activeState, subState, service, loadState }: Unit): string {
  if (loadState === 'not-found' && activeState === 'inactive') return `there is no ${name}`
  if (activeState === 'failed' && service !== undefined)
    return `${name} is failed (${service.result}, status ${service.exitStatus})`
  return `${name} is ${activeState} (${subState})`
}

/** Whether its program should be running now. */
export function isActive({ activeState }: Unit): boolean {
  return activeState === 'active' || activeState === 'reloading'
}

/** Whether systemd has such a unit at all. */
export function isInstalled({ loadState, activeState }: Unit): boolean {
  return loadState !== 'not-found' || activeState !== 'inactive'
}

/** What is added to words about a program: how its unit is, where systemd knows one. */
export function besideUnit(look: UnitLook | undefined): string {
  return look?.kind === 'known' && isInstalled(look.unit) ? `; ${unitText(look.unit)}` : ''
}
