"""What checks and grades share: probes, the wire format, judges and messages. Shows and records nothing."""
