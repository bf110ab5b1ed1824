-- A value of its own transaction: what is added to an enum is used after that is committed.
ALTER TYPE "role" ADD VALUE 'CAREGIVER';
