"""The canary on the calendar: a served model that changes on a hidden day, and the learner's own rule that watches it.

`folder` makes and opens ``my-canary/``; `days` counts its days, `plan` says what is served on which day, `service` asks it, `rule`
runs what the learner has written, `state` reads the log, `stream` builds what the rule may see, `watch` does one thing at a time and logs it, `report` says it in words,
`replay` lives through it again.
For self-study: no grade depends on it.
"""
