"""The physical world: messages, links, disks, brokers, producers, consumers, and their formulas."""
