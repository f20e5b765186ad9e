// View Proofs.
export const title = "Proofs";

export function show(_container, _names, _signal) {}
