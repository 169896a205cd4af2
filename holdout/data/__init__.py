"""The data of the course: tables on disk and simulated worlds whose truth is known.

`loader` finds and reads the tables of `datasets/`, each compared with its checksum (`holdout.load` is its `load`);
`parcels` draws the delivery company of most lessons, clean or with defects; `flights` says when each column of the real
flights is written; `polynomials` is the world of lessons 01
and 02. Cards beside the tables say where they come from.
"""
