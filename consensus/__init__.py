"""In what order: PBFT over opaque payloads.

Consensus sees a header and a blob; it never knows what evidence is. `consensus.core` is the pure
protocol; everything beside it performs what the core asks for. PBFT is cited throughout as Castro
& Liskov, "Practical Byzantine Fault Tolerance", OSDI '99.
"""
