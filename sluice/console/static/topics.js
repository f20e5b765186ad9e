// View Topics.
export const title = "Topics";

export function show(_container, _names, _signal) {}
