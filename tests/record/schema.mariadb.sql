-- What a MariaDB database may have beside Django's tables.
CREATE TABLE `odd ``names``` (
    `key` VARCHAR(40) NOT NULL COMMENT 'a; b, (c and \'KEY `x` (`y`)',
    `index` INT NOT NULL DEFAULT 5,
    `path` TEXT,
    `twice` INT GENERATED ALWAYS AS (`index` * 2) STORED,
    `state` ENUM('new', 'PRIMARY KEY', 'it''s') DEFAULT 'new',
    `place` POINT NOT NULL,
    PRIMARY KEY (`key`, `index`),
    UNIQUE KEY `path_begins` (`path`(20), `index` DESC),
    KEY `by_hash` (`twice`) USING BTREE,
    FULLTEXT KEY `words` (`path`),
    SPATIAL KEY `places` (`place`),
    CHECK (`index` > 0)
) ENGINE=InnoDB COMMENT='CREATE TABLE `wrong` (`id` int); --';
CREATE TABLE `child` (
    `id` INT PRIMARY KEY,
    `key` VARCHAR(40) NOT NULL,
    `index` INT NOT NULL,
    FOREIGN KEY (`key`, `index`) REFERENCES `odd ``names``` (`key`, `index`) ON DELETE CASCADE
);
CREATE VIEW `cheap` AS SELECT `id`, `name` FROM `shop_product` WHERE `price` < 10;
DELIMITER ;;
CREATE TRIGGER `noted` AFTER INSERT ON `shop_order` FOR EACH ROW
BEGIN
    INSERT INTO `child` VALUES (1, 'CREATE INDEX wrong ON shop_order (note);', 2);
END ;;
CREATE PROCEDURE `tidy`() BEGIN CREATE TEMPORARY TABLE IF NOT EXISTS `scratch` (`id` INT); DROP TABLE IF EXISTS `scratch`; END ;;
DELIMITER ;
