/**
 * Imported before Alpine, which reads every global in order to hide it from expressions.
 *
 * Reading this one makes Chromium report a deprecated feature.
 */
Reflect.deleteProperty(window, 'fence')
