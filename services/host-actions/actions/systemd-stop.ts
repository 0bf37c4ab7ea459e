import { unitAction } from '../unit/act.ts'

export const systemdStop = unitAction('stop', 'Stops a unit of systemd')
