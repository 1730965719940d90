DROP TABLE consumers;
DROP TABLE organisations;
